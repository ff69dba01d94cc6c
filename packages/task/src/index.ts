export { type FunctionParts, taskFunctions } from './api/task-functions';
export { type CallOptions, checkCount } from './contract/call-options';
export type { NetworkTask, NetworkTypes, PictureResult, TaskModel } from './contract/network-task';
export type {
  BoundData,
  ChosenNetwork,
  ScoreOptions,
  Task,
  TaskRecipe,
  TaskSettings,
  TaskTypes,
} from './contract/task';
export { bindData, boundObjects, describeData, knownCategories, reportOf, type TrainingData } from './data/bind';
export { categoriesField, classCategories, classNames, type LearnedClasses, learnedClasses } from './data/classes';
export { type EvaluatedRunner, type EvaluateTaskOptions, evaluateOn, findInData } from './evaluate/evaluate';
export type { BackboneChoice } from './model/backbone-choice';
export { MODEL_FILE, ModelFileError } from './model/description';
export {
  type LoadedNetwork,
  type LoadNetworkOptions,
  loadNetwork,
  loadNetworkBackbone,
  type NetworkBackbone,
} from './model/load-network';
export { loadTaskWeights } from './model/load-task-weights';
export { type ModelInFolder, readModel, taskOfFolder, writeModel } from './model/model-folder';
export {
  type Changes,
  type CheckpointSource,
  changedModel,
  type DescribedSource,
  type ModelSource,
  type NamedSource,
  type ResolvedModel,
  type ResolveOptions,
  resolveModel,
} from './model/resolve-model';
export { createRemote, type Hosted, type Remote, RemoteError, RemoteExitError, type RemoteOptions } from './process';
export { createRunner, type RunnerOptions } from './run/create-runner';
export { type LocalRunner, localRunner } from './run/local-runner';
export {
  createRemoteRunner,
  hostedRunner,
  moduleBeside,
  type RemoteRunnerOptions,
  type RemoteSource,
} from './run/remote-runner';
export type { Images, Runner } from './run/runner';
export { type ModelSearch, type SearchModelOptions, searchModel } from './search/search-model';
export {
  type NetworkForData,
  networkForData,
  networkOfFolder,
  type PresetChanges,
  presetFor,
  startOf,
  type TrainingConfig,
  taskRecipeSchema,
  trainingSchema,
} from './settings/settings';
export {
  type BatchSize,
  BEST_RESULTS_FILE,
  fittingBatchSize,
  type Rehearsal,
  rehearseTraining,
  type TrainTaskOptions,
  trainTask,
} from './train';
export { type StartFrom, startFrom } from './train/start-from';
export * from './zoo';
