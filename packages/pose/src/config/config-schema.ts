/** The schema of a pose estimator's configuration, for files: what `PoseConfig` is in types. */
import { backboneSchema, backboneToJson } from '@icconv/models/files';
import { z } from 'zod';
import type { PoseConfig } from './pose-config';

const whole = z.int().min(1);
const triple = z.tuple([z.number(), z.number(), z.number()]);
const pairs = z.array(z.tuple([z.int().min(0), z.int().min(0)]));
const deconv = z.strictObject({ channels: whole, kernel: z.literal([2, 3, 4]) });
const factor = z.number().min(0);

export const skeletonSchema = z.strictObject({
  keypoints: z.array(z.string()).min(1),
  edges: pairs,
  swapPairs: pairs,
  sigmas: z.array(z.number().positive()),
});

export const configSchema = z.strictObject({
  backbone: backboneSchema,
  skeleton: skeletonSchema,
  head: z.strictObject({ deconvs: z.array(deconv).min(1), tagPerKeypoint: z.boolean(), higher: z.array(deconv) }),
  input: z.strictObject({
    size: whole,
    divisor: whole,
    mean: triple,
    deviation: triple,
    sampling: z.enum(['mmpose', 'half-pixel']),
  }),
  grouping: z.strictObject({
    nmsKernel: whole.refine((side) => side % 2 === 1, { error: 'must be odd' }),
    maxPeople: whole,
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
});

/** The configuration with its patterns in the readable file format, as `configSchema` reads it. */
export function configToJson(config: PoseConfig): object {
  return { ...config, backbone: backboneToJson(config.backbone) };
}
