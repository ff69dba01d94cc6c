/** Engine set-up: Node only. */

export { SetupError, type SetupStep } from '../errors/setup-error';
export { folderBytes } from '../files/cache-files';
export { cacheRoot } from '../files/cache-root';
export { COMMON_FLAGS } from '../installed/build-key';
export { type InstalledEngine, readInstalled } from '../installed/installed-engine';
export type { EngineVariant, Library } from '../installed/library';
export { hasNvidiaDriver } from '../installed/nvidia-driver';
export { nativeFolder } from '../installed/package-root';
export { listSources } from '../installed/sources';
export {
  bindingFolder,
  findTfjsNode,
  TFJS_NODE,
  TFJS_NODE_REMEDY,
  TFJS_NODE_VERSION,
  type TfjsNode,
} from '../installed/tfjs-node';
export {
  type Compiler,
  compileObjects,
  findCompiler,
  link,
  requireCompiler,
} from './compile';
export type { OnSetupProgress, SetupProgress } from './progress';
export { type SetUpEngineOptions, type SetUpResult, setUpEngine } from './setup-engine';
export { TENSORFLOW_VERSION } from './wheels';
