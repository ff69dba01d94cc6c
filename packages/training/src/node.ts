/** What needs Node: pictures decoded on threads, the loop with its checkpoints and logs. */
export { createLoader } from './loader/create-loader';
export type {
  Batch,
  BatchSample,
  DataPosition,
  Loader,
  LoaderOptions,
  Sample,
  SampleSource,
  Shard,
  UnreadablePicture,
} from './loader/types';
export {
  createProgress,
  formatDuration,
  type Progress,
  type ProgressOptions,
  type ProgressState,
} from './logs/progress';
export { createEventWriter, type EventWriter } from './logs/tensorboard';
export { type Checkpoint, type CheckpointState, loadCheckpoint, saveCheckpoint } from './loop/checkpoint';
export {
  CHECKPOINT_FILE,
  checkRun,
  type RunOptions,
  type RunSettings,
  runSettings,
  settingDifferences,
} from './loop/run-settings';
export { BEST_FILE, FINAL_FILE, trainLoop } from './loop/train-loop';
export type {
  EvaluateContext,
  Metrics,
  SharedEvaluation,
  StepContext,
  TrainBatch,
  TrainData,
  TrainOptions,
  TrainResult,
} from './loop/types';
