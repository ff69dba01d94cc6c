/** The configuration of an experiment. */

import { changesOf } from '@icconv/base/config';
import { fasterRcnnSchema } from '@icconv/detection/node';
import { OBJECTIVES } from '@icconv/edo';
import { backboneSchema } from '@icconv/models/schema';
import { recipeSchema } from '@icconv/training';
import { z } from 'zod';

/** Annotations in COCO's format, and the folder of their pictures. */
const cocoData = z.strictObject({ annotations: z.string(), images: z.string() });

/** What the rest of the file, and the data, say of the detector. */
export const ELSEWHERE = ['backbone', 'classes'] as const;

export const BASELINES = ['ones', 'random', 'manual'] as const;
const METHODS = [...BASELINES, ...(Object.keys(OBJECTIVES) as (keyof typeof OBJECTIVES)[])] as const;
export type Method = (typeof METHODS)[number];

export const experimentSchema = z.strictObject({
  setting: z.string(),
  data: z.union([
    /** Scenes that are made on the spot. */
    z.strictObject({
      digits: z.strictObject({
        train: z.int().min(1),
        test: z.int().min(1),
        folder: z.string(),
        /** Pixels. Scenes of other sizes need another folder. */
        scene: z
          .strictObject({
            width: z.int().min(32),
            height: z.int().min(32),
            heights: z.tuple([z.int().min(4), z.int()]),
          })
          .exactOptional(),
      }),
    }),
    z.strictObject({ coco: z.strictObject({ train: cocoData, test: cocoData }) }),
  ]),
  model: z.strictObject({
    backbone: backboneSchema.omit({ conv: true }),
    maxDilation: z.int().min(1).max(16),
    /** What differs from torchvision's Faster R-CNN. */
    detector: changesOf(fasterRcnnSchema, ELSEWHERE).default({}),
  }),
  seeds: z.array(z.int()).min(1),
  methods: z.array(z.enum(METHODS as unknown as [Method, ...Method[]])).min(1),
  superRecipe: recipeSchema,
  /** What the super-network starts from: random weights, or the plain network from scratch, widened by zeros; that needs `scratch`. */
  superStart: z.enum(['random', 'plain']).default('random'),
  recipe: recipeSchema,
  /** Also the plain network from scratch, for as many epochs as super-network and network together. */
  scratch: z.boolean().default(false),
  /** Training pictures that the objectives on data see. */
  statisticsImages: z.int().min(1).default(16),
  output: z.string(),
  results: z.string(),
});

export type Experiment = z.output<typeof experimentSchema>;
