/** Schemas that what tasks answer over HTTP have in common. */
import { z } from 'zod';

export const scoreParameter = z.coerce.number().min(0).max(1).describe('least score');
export const countParameter = z.coerce.number().int().min(1);
/** Of a picture, upright by its EXIF orientation; pixels. */
export const pictureFields = { width: z.number().int(), height: z.number().int() };
export const boxAnswer = z
  .tuple([z.number(), z.number(), z.number(), z.number()])
  .describe('x1 y1 x2 y2, pixels of the picture');
export const maskAnswer = z
  .object({ size: z.tuple([z.number().int(), z.number().int()]), counts: z.string() })
  .describe('the object’s pixels, of networks with masks: COCO’s compressed run lengths, size is height and width');
export const classFields = { classId: z.number().int(), label: z.string(), score: z.number() };
