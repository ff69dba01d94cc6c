/** Engine set-up: Node only. */

export { SetupError, type SetupStep } from '../errors/setup-error';
export { cacheRoot } from '../files/cache-root';
export { type InstalledEngine, readInstalled } from '../installed/installed-engine';
export type { EngineVariant, Library } from '../installed/library';
export { nativeFolder } from '../installed/package-root';
export { listSources } from '../installed/sources';
export { type Compiler, compileObjects, link, requireCompiler } from './compile';
export { kernelFlags, objectsOf } from './compile-engine';
export type { OnSetupProgress, SetupProgress } from './progress';
export { type SetUpEngineOptions, type SetUpResult, setUpEngine } from './setup-engine';
export { TENSORFLOW_VERSION } from './wheels';
