import { schemaOf } from '@icconv/base';
import { z } from 'zod';
import type { AugmentConfig } from './config';

const fraction = z.number().min(0).max(1);
const range = z.tuple([z.number().positive(), z.number().positive()]);
// Far above anything in use: beyond it a value is a slip of the pen.
const side = z
  .int()
  .min(1)
  .max(2 ** 15);

/** Of {@link AugmentConfig}, for files. */
export const augmentSchema = schemaOf<AugmentConfig>()(
  z.strictObject({
    resize: z
      .union([
        z.strictObject({
          shortest: z.union([side, z.array(side).min(1)]),
          longest: side.exactOptional(),
          rounding: z.enum(['round', 'floor', 'detectron2']).exactOptional(),
        }),
        z.strictObject({
          size: z.tuple([side, side]),
          fit: z.enum(['stretch', 'contain', 'centre', 'cover']).exactOptional(),
        }),
      ])
      .exactOptional(),
    flip: fraction.exactOptional(),
    scaleJitter: range.exactOptional(),
    crop: z.tuple([side, side]).exactOptional(),
    affine: z
      .strictObject({
        rotation: z.number().min(0).max(180).exactOptional(),
        scale: range.exactOptional(),
        translate: fraction.exactOptional(),
        probability: fraction.exactOptional(),
      })
      .exactOptional(),
    colour: z
      .strictObject({
        brightness: fraction.exactOptional(),
        contrast: fraction.exactOptional(),
        saturation: fraction.exactOptional(),
        hue: z.number().min(0).max(0.5).exactOptional(),
        probability: fraction.exactOptional(),
      })
      .exactOptional(),
    mosaic: z.strictObject({ probability: fraction }).exactOptional(),
  }),
);
