/** The networks as they run: what the task's description begins with, in browsers too. */
import type { NetworkTask, NetworkTypes } from '@icconv/task/contract';
import * as z from 'zod';
import { poseSchema } from '../config/config-schema';
import type { PoseModel } from '../config/pose-config';
import { checkDivisor, checkScales, estimationSteps } from '../estimator/estimate-picture';
import type { PoseResult, WebEstimateOptions } from '../estimator/types';
import { type CompiledPose, compilePose } from '../network/compile-pose';
import { readPoseWeights } from '../weights/read-pose-weights';

export interface PoseNetwork extends NetworkTypes {
  readonly model: PoseModel;
  readonly network: CompiledPose;
  readonly result: PoseResult;
  readonly options: WebEstimateOptions;
}

export const POSE_NETWORK: NetworkTask<PoseNetwork> = {
  name: 'pose',
  noun: 'pose estimator',
  model: { format: 'icconv-pose/1', schema: z.strictObject({ config: poseSchema }) },
  weights: { read: (file, { config }, options) => readPoseWeights(file, config, options) },
  inference: {
    verb: 'estimate',
    check({ scales }, { config }) {
      checkDivisor(config);
      if (scales !== undefined) checkScales(scales);
    },
    compile: (weights, { config }, options) => compilePose(weights, config, options),
    run: (network, picture, { config }, options) => estimationSteps(network, picture, config, options),
    nothing: (size) => ({ ...size, poses: [] }),
  },
};
