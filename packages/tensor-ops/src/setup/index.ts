/** Engine set-up: Node only. */
export {
  COMMON_FLAGS,
  type Compiler,
  compileObjects,
  findCompiler,
  link,
  listSources,
  requireCompiler,
} from './compile';
export { cacheRoot, folderBytes } from './files';
export { type InstalledEngine, readInstalled } from './install';
export type { Library } from './library';
export { nativeFolder } from './package-root';
export type { OnSetupProgress, SetupProgress } from './progress';
export { hasNvidiaDriver, type SetUpEngineOptions, type SetUpResult, setUpEngine } from './setup-engine';
export { SetupError, type SetupStep } from './setup-error';
export {
  bindingFolder,
  findTfjsNode,
  TFJS_NODE,
  TFJS_NODE_REMEDY,
  TFJS_NODE_VERSION,
  type TfjsNode,
} from './tfjs-node';
export { type EngineVariant, TENSORFLOW_VERSION } from './wheels';
