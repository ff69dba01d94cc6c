/** The schema of a detector's configuration, for files: what `FasterRcnnConfig` is in types. */
import { backboneSchema, backboneToJson } from '@icconv/models/files';
import { z } from 'zod';
import type { FasterRcnnConfig } from './faster-rcnn-config';

const whole = z.int().min(1);
const share = z.number().min(0).max(1);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const matcher = z.strictObject({ foreground: share, background: share, allowLowQuality: z.boolean() });
const sampler = z.strictObject({ perImage: whole, foregroundShare: share });
const proposals = z.strictObject({
  preNmsTopN: whole,
  postNmsTopN: whole,
  nmsThreshold: share,
  minSize: z.number().min(0),
});

export const configSchema = z.strictObject({
  backbone: backboneSchema,
  fpnChannels: whole,
  fpnNorm: z.boolean(),
  classes: whole,
  input: z.strictObject({
    minSize: whole,
    maxSize: whole,
    sizeRounding: z.enum(['floor', 'round', 'detectron2']),
    mean: triple,
    deviation: triple,
    channels: z.enum(['rgb', 'bgr']),
    resampling: z.enum(['torch', 'opencv', 'pillow']),
    divisor: whole,
  }),
  rpn: z.strictObject({
    anchors: z.strictObject({
      sizes: z.array(z.array(z.number().positive()).min(1)).length(5),
      ratios: z.array(z.number().positive()).min(1),
      rounded: z.boolean(),
    }),
    convs: whole,
    test: proposals,
    train: proposals,
    matcher,
    sampler,
    smoothL1Beta: z.number().min(0),
  }),
  roi: z.strictObject({
    outputSize: whole,
    samplingRatio: z.int().min(0),
    aligned: z.boolean(),
    levelRule: z.strictObject({
      canonicalSize: z.number().positive(),
      canonicalLevel: z.int(),
      levels: z.int().min(1).max(4),
      epsilon: z.number().min(0),
    }),
    convs: z.int().min(0),
    linears: z.int().min(0),
    hidden: whole,
    coderWeights: z.tuple([z.number(), z.number(), z.number(), z.number()]),
    background: z.enum(['first', 'last']),
    backgroundDeltas: z.boolean(),
    test: z.strictObject({
      scoreThreshold: share,
      nmsThreshold: share,
      maxDetections: whole,
      minSize: z.number().min(0),
    }),
    matcher,
    sampler,
    boxLoss: z.enum(['smoothL1', 'giou']),
    smoothL1Beta: z.number().min(0),
  }),
});

/** The configuration with its patterns in the readable file format, as `configSchema` reads it. */
export function configToJson(config: FasterRcnnConfig): unknown {
  return { ...config, backbone: backboneToJson(config.backbone) };
}
