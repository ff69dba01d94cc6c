/** The schema of a pose estimator's configuration, for files: what `PoseConfig` is in types. */
import { schemaOf } from '@icconv/base';
import { backboneSchema, backboneToJson } from '@icconv/models/schema';
import * as z from 'zod';
import type { Skeleton } from '../skeleton/skeleton';
import type { PoseConfig } from './pose-config';

// Upper limits are far above any estimator in use: beyond them a file is damaged, or meant to fill the memory.
const count = (most: number) => z.int().min(1).max(most);
const pixels = count(2 ** 15);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const pairs = z.array(z.tuple([z.int().min(0), z.int().min(0)])).max(2 ** 16);
const deconv = z.strictObject({ channels: count(2 ** 16), kernel: z.literal([2, 3, 4]) });
const factor = z.number().min(0);

export const skeletonSchema = schemaOf<Skeleton>()(
  z.strictObject({
    keypoints: z.array(z.string()).min(1).max(4096),
    edges: pairs,
    swapPairs: pairs,
    sigmas: z.array(z.number().positive()),
  }),
);

export const poseSchema = schemaOf<PoseConfig>()(
  z.strictObject({
    backbone: backboneSchema,
    skeleton: skeletonSchema,
    head: z.strictObject({
      deconvs: z.array(deconv).min(1).max(16),
      tagPerKeypoint: z.boolean(),
      tagUnit: z.number().positive().exactOptional(),
      higher: z.array(deconv).max(16),
    }),
    input: z.strictObject({
      size: pixels,
      divisor: pixels,
      mean: triple,
      deviation: triple,
      sampling: z.enum(['mmpose', 'half-pixel']),
    }),
    grouping: z.strictObject({
      nmsKernel: count(999).refine((side) => side % 2 === 1, { error: 'must be odd' }),
      maxPeople: count(10 ** 4),
      detectionThreshold: factor,
      tagThreshold: z.number().positive(),
      useDetectionVal: z.boolean(),
      ignoreTooMuch: z.boolean(),
      adjust: z.boolean(),
      refine: z.boolean(),
    }),
    loss: z.strictObject({
      sigma: z.number().positive(),
      centre: z.enum(['pixel', 'exact']),
      heatmap: factor,
      push: factor,
      pull: factor,
    }),
  }),
);

/** The configuration with its patterns in the readable file format, as `poseSchema` reads it. */
export function poseToJson(config: PoseConfig): object {
  return { ...config, backbone: backboneToJson(config.backbone) };
}
