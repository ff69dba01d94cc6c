/** Checkpoints of pose estimators: mmpose's 0.x, the published IC-ResNets' and our own, as safetensors or PyTorch files. */
import type { LoadWeightsOptions } from '@icconv/models/files';
import { type SaveStateDictOptions, saveStateDict, withWeights } from '@icconv/tensor-ops/weights';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { readPoseWeights } from './read-pose-weights';

/**
 * Loads a pose estimator's checkpoint.
 *
 * @returns weights by mmpose's names, in TensorFlow's layouts; the caller owns them.
 * @throws as `loadStateDict`: for a damaged file, and for names or shapes that do not fit, with both shapes and the likely cause.
 */
export async function loadPoseWeights(
  path: string,
  config: PoseConfig,
  options: LoadWeightsOptions = {},
): Promise<Record<string, Tensor>> {
  return withWeights(path, options, (file) => readPoseWeights(file, config, options));
}

/** Saves a pose estimator's weights by mmpose's names and PyTorch's layouts. @returns the path written. */
export async function savePoseWeights(
  path: string,
  weights: Readonly<Record<string, Tensor>>,
  options: SaveStateDictOptions = {},
): Promise<string> {
  return saveStateDict(weights, path, options);
}
