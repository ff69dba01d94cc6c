/** A pose estimator's checkpoint from an open file: mmpose's 0.x, the published IC-ResNets' or our own. */
import { inceptionCounts } from '@icconv/models';
import type { ReadWeightsOptions } from '@icconv/models/files';
import { readStateDict, type WeightFile } from '@icconv/tensor-ops/state-dict';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { BACKBONE_PREFIX } from '../network/layers';
import { poseShapes } from '../network/weights';

/** As `loadPoseWeights`, from an open file, which stays open. */
export async function readPoseWeights(
  file: WeightFile,
  config: PoseConfig,
  options: ReadWeightsOptions = {},
): Promise<Record<string, Tensor>> {
  const counts = Object.entries(inceptionCounts(config.backbone));
  return readStateDict(file, {
    ...options,
    expected: poseShapes(config),
    ...(counts.length > 0 && {
      inceptionCounts: Object.fromEntries(counts.map(([layer, list]) => [BACKBONE_PREFIX + layer, list])),
    }),
  });
}
