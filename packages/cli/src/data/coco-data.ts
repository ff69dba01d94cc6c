import { z } from 'zod';

/** In configuration files: annotations in COCO's format, and the folder of their pictures. */
export const cocoData = z.strictObject({ annotations: z.string(), images: z.string() });
