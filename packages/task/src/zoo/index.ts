/** Published checkpoints: what is known of each, and its file in the user's cache. */
export { DownloadError, type DownloadFailure, type DownloadProgress } from '@icconv/tensor-ops/download';
export { type ByHand, hashInName, MEBIBYTE, type ZooFile, type ZooRow } from '../contract/zoo-row';
export { BACKBONES, type BackboneRow, type ClassifierInput } from './backbones';
export { byHand } from './by-hand';
export { checkpointEpsilon, EPSILON_KEY } from './checkpoint-epsilon';
export { type FetchedModel, type FetchModelOptions, fetchRow, rowPath } from './fetch-row';
export { findRow, rowOfFile } from './find-row';
export { IMAGENET_CLASSES, type LoadBackboneOptions, type LoadedBackbone, loadBackbone } from './load-backbone';
