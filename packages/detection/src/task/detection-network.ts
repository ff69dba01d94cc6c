/** The networks as they run: what the task's description begins with, in browsers too. */
import type { NetworkTask, NetworkTypes } from '@icconv/task/contract';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import * as z from 'zod';
import { fasterRcnnSchema } from '../config/config-schema';
import type { DetectionModel } from '../config/detection-model';
import { checkDetectOptions } from '../detector/detect-options';
import { detectPicture } from '../detector/detect-picture';
import type { DetectionResult, WebDetectOptions } from '../detector/types';
import { type CompiledFasterRcnn, compileFasterRcnn } from '../network/compile-faster-rcnn';
import { readDetectorWeights } from '../weights/read-detector-weights';

export interface DetectionNetwork extends NetworkTypes {
  readonly model: DetectionModel;
  readonly network: CompiledFasterRcnn;
  readonly result: DetectionResult;
  readonly options: WebDetectOptions;
}

export const DETECTION_NETWORK: NetworkTask<DetectionNetwork> = {
  name: 'detection',
  noun: 'detector',
  model: {
    format: 'icconv-detector/1',
    schema: z
      .strictObject({ classes: z.array(z.string()).min(1), config: fasterRcnnSchema })
      .refine(({ classes, config }) => classes.length === config.classes, {
        path: ['classes'],
        message: 'must be as many as config.classes',
      }),
  },
  weights: { read: (file, { config }, options) => readDetectorWeights(file, config, options) },
  inference: {
    verb: 'detect',
    check(options, { classes, config }) {
      checkDetectOptions(options);
      if (classes.length === config.classes) return;
      throw new InvalidArgumentError('detect', 'classes', classes.length, `the network's ${config.classes} names`);
    },
    compile: (weights, { config }, options) => compileFasterRcnn(weights, config, options),
    run: (network, picture, model, options) => detectPicture(network, picture, model, options),
    nothing: (size) => ({ ...size, detections: [] }),
  },
};
