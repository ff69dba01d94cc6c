/** The schema of a detector's configuration, for files: what `FasterRcnnConfig` is in types. */
import { schemaOf } from '@icconv/base';
import { backboneSchema, backboneToJson } from '@icconv/models/schema';
import * as z from 'zod';
import type { FasterRcnnConfig } from './faster-rcnn-config';

// Upper limits are far above any detector in use: beyond them a file is damaged, or meant to fill the memory.
const count = (most: number) => z.int().min(1).max(most);
const channels = count(2 ** 16);
const boxes = count(10 ** 6);
const pixels = count(2 ** 15);
const share = z.number().min(0).max(1);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const matcher = z.strictObject({ foreground: share, background: share, allowLowQuality: z.boolean() });
const coderWeights = z.tuple([z.number(), z.number(), z.number(), z.number()]);
const sampler = z.strictObject({ perImage: boxes, foregroundShare: share });
const proposals = z.strictObject({
  preNmsTopN: boxes,
  postNmsTopN: boxes,
  nmsThreshold: share,
  minSize: z.number().min(0),
});

export const fasterRcnnSchema = schemaOf<FasterRcnnConfig>()(
  z.strictObject({
    backbone: backboneSchema,
    fpnChannels: channels,
    fpnNorm: z.boolean(),
    classes: channels,
    input: z.strictObject({
      minSize: pixels,
      maxSize: pixels,
      sizeRounding: z.enum(['floor', 'round', 'detectron2']),
      mean: triple,
      deviation: triple,
      channels: z.enum(['rgb', 'bgr']),
      resampling: z.enum(['torch', 'opencv', 'pillow']),
      divisor: pixels,
    }),
    rpn: z.strictObject({
      anchors: z.strictObject({
        sizes: z.array(z.array(z.number().positive()).min(1).max(64)).length(5),
        ratios: z.array(z.number().positive()).min(1).max(64),
        rounded: z.boolean(),
      }),
      convs: count(64),
      test: proposals,
      train: proposals,
      matcher,
      sampler,
      smoothL1Beta: z.number().min(0),
    }),
    roi: z.strictObject({
      outputSize: count(128),
      samplingRatio: z.int().min(0).max(128),
      aligned: z.boolean(),
      levelRule: z.strictObject({
        canonicalSize: z.number().positive(),
        canonicalLevel: z.int(),
        levels: z.int().min(1).max(4),
        epsilon: z.number().min(0),
      }),
      convs: z.int().min(0).max(64),
      linears: z.int().min(0).max(64),
      hidden: channels,
      coderWeights,
      background: z.enum(['first', 'last']),
      backgroundDeltas: z.boolean(),
      test: z.strictObject({
        scoreThreshold: share,
        nmsThreshold: share,
        acrossClasses: z.boolean().exactOptional(),
        maxDetections: boxes,
        minSize: z.number().min(0),
      }),
      matcher,
      sampler,
      boxLoss: z.enum(['smoothL1', 'giou']),
      smoothL1Beta: z.number().min(0),
      cascade: z
        .strictObject({
          stages: z
            .array(z.strictObject({ matcher, coderWeights, lossWeight: z.number().min(0) }))
            .min(1)
            .max(8),
          average: z.enum(['logits', 'probabilities']),
        })
        .exactOptional(),
    }),
    mask: z
      .strictObject({
        outputSize: count(128),
        convs: z.int().min(0).max(64),
        hidden: channels,
        norm: z.boolean(),
        convention: z.enum(['torchvision', 'detectron2']),
        everyStage: z.boolean(),
      })
      .exactOptional(),
  }),
);

/** The configuration with its patterns in the readable file format, as `fasterRcnnSchema` reads it. */
export function fasterRcnnToJson(config: FasterRcnnConfig): unknown {
  return { ...config, backbone: backboneToJson(config.backbone) };
}
