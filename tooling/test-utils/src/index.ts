export { type ActivatorOptions, activator } from './activator';
export { type Backend, describeBackends } from './backends';
export { bundled } from './bundled';
export { expectFaultsNamed } from './faulty-weights';
export { type FixtureTensor, loadFixture, testData } from './fixtures';
export {
  FUZZ_SEED,
  type FuzzCounts,
  type FuzzOptions,
  FuzzRandom,
  fuzz,
  fuzzSeconds,
  mutateBytes,
  mutateText,
} from './fuzz';
export { runExample } from './run-example';
export { maxAbsError, maxRelativeError } from './tolerance';
export {
  freePorts,
  type WorkerEnd,
  type WorkerProcess,
  type WorkerProcessesOptions,
  workerProcesses,
  workersTogether,
} from './worker-processes';
export { describeWorkersAsOne, type WorkersAsOneOptions } from './workers-as-one';
