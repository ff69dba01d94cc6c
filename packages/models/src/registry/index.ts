/** Published checkpoints, fetched into the user's cache: Node only. */
export { DownloadError, type DownloadFailure, type DownloadProgress } from '@icconv/tensor-ops/download';
export { checkpointEpsilon, EPSILON_KEY } from './checkpoint-epsilon';
export { type FetchedModel, type FetchModelOptions, fetchModel, modelPath } from './fetch-model';
export { type LoadBackboneOptions, type LoadedBackbone, loadBackbone } from './load-backbone';
export type { ExpectedMetric, ManualEntry, ModelEntry, ModelTask, Preprocessing } from './model-entry';
export { findModel, MANUAL_MODELS, MODELS } from './registry';
