/** Checkpoints of pose estimators: mmpose's 0.x, the published IC-ResNets' and our own, as safetensors or PyTorch files. */
import { inceptionCounts } from '@icconv/models';
import type { LoadWeightsOptions } from '@icconv/models/files';
import { loadStateDict, type SaveStateDictOptions, saveStateDict } from '@icconv/tensor-ops/weights';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { BACKBONE_PREFIX } from '../network/layers';
import { poseShapes } from '../network/weights';

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
  const counts = Object.entries(inceptionCounts(config.backbone));
  return loadStateDict(path, {
    ...options,
    expected: poseShapes(config),
    ...(counts.length > 0 && {
      inceptionCounts: Object.fromEntries(counts.map(([layer, list]) => [BACKBONE_PREFIX + layer, list])),
    }),
  });
}

/** Saves a pose estimator's weights by mmpose's names and PyTorch's layouts. @returns the path written. */
export async function savePoseWeights(
  path: string,
  weights: Readonly<Record<string, Tensor>>,
  options: SaveStateDictOptions = {},
): Promise<string> {
  return saveStateDict(weights, path, options);
}
