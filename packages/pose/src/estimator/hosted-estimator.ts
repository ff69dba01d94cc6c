/** What runs in the process of a remote pose estimator. */

import type { ImageInput } from '@icconv/base/pictures';
import type { Hosted } from '@icconv/tensor-ops/remote';
import { createPoseEstimator, type EstimatorOptions } from './create-estimator';
import type { EstimateOptions } from './types';

export async function create(options: EstimatorOptions): Promise<Hosted> {
  const estimator = await createPoseEstimator(options);
  return {
    facts: { keypoints: estimator.keypoints },
    methods: {
      estimate: (images: readonly ImageInput[], how: Omit<EstimateOptions, 'signal'>, signal: AbortSignal) =>
        estimator.estimate(images, { ...how, signal }),
    },
    dispose: () => estimator.dispose(),
  };
}
