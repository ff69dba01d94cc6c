/** Checkpoints of detectors: torchvision's, mmdetection's, detectron2's and our own, as safetensors or PyTorch files. */
import {
  type OpenWeightsOptions,
  type SaveStateDictOptions,
  saveStateDict,
  withWeights,
} from '@icconv/tensor-ops/weights';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { flattenedWeights, toTorchOrder } from './flatten-order';
import { type ReadDetectorOptions, readDetectorWeights } from './read-detector-weights';

export type LoadDetectorOptions = ReadDetectorOptions & OpenWeightsOptions;

/**
 * Loads a detector's checkpoint.
 *
 * @returns weights by torchvision's names, in TensorFlow's layouts; the caller owns them.
 * @throws as `loadStateDict`: for a damaged file, and for names or shapes that do not fit, with both shapes and the likely cause.
 */
export async function loadDetectorWeights(
  path: string,
  config: FasterRcnnConfig,
  options: LoadDetectorOptions = {},
): Promise<Record<string, Tensor>> {
  return withWeights(path, options, (file) => readDetectorWeights(file, config, options));
}

/** Saves a detector's weights by torchvision's names and layouts: torchvision loads the file. @returns the path written. */
export async function saveDetectorWeights(
  path: string,
  weights: Readonly<Record<string, Tensor>>,
  config: FasterRcnnConfig,
  options: SaveStateDictOptions = {},
): Promise<string> {
  const theirs = toTorchOrder(weights, config);
  try {
    return await saveStateDict(theirs, path, options);
  } finally {
    for (const name of flattenedWeights(config)) theirs[name]?.dispose();
  }
}
