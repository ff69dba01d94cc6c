/** The configuration file of `icconv train detection`. */
import { schemaOf } from '@icconv/base';
import { changesOf, withChanges, withPresets } from '@icconv/base/config';
import { pictureFields } from '@icconv/coco/node';
import { type FasterRcnnConfig, fasterRcnnConfig, PRESETS, type Preset } from '@icconv/detection';
import { configSchema, type DetectionRecipe } from '@icconv/detection/node';
import { freezingSchema } from '@icconv/models/files';
import { recipeSchema, weightsSchema } from '@icconv/training';
import { z } from 'zod';
import { cocoData } from '../data/coco-data';
import { backboneFields, backboneOf } from './backbone-config';

/** What the rest of the file says of the network. */
const ELSEWHERE = ['backbone', 'classes'] as const;

const modelSchema = z.strictObject({
  /** Whose conventions. */
  preset: z.enum(PRESETS as unknown as readonly [Preset, ...Preset[]]).default('torchvision'),
  ...backboneFields,
  /** What differs from the preset, by the names of `FasterRcnnConfig`. */
  config: changesOf(configSchema, ELSEWHERE).default({}),
});

const schema = z.strictObject({
  preset: z.string().exactOptional(),
  model: modelSchema,
  data: z.strictObject({
    train: cocoData,
    val: cocoData.exactOptional(),
    ...pictureFields,
    /** Categories to learn, by name or id, in the order of the classes; by default all that do not only group others. */
    categories: z
      .array(z.union([z.string(), z.int()]))
      .min(1)
      .exactOptional(),
    /** The same, by name only. */
    classes: z.array(z.string()).min(1).exactOptional(),
  }),
  recipe: schemaOf<DetectionRecipe>()(
    recipeSchema.extend({
      ...freezingSchema.shape,
      momentum: z.number().min(0).lt(1).exactOptional(),
      decayNorms: z.boolean().exactOptional(),
      groupByAspect: z.boolean().exactOptional(),
      skipEmpty: z.boolean().exactOptional(),
    }),
  ),
  /** Start: a checkpoint of a whole detector, or of a backbone. */
  weights: weightsSchema('detector').exactOptional(),
  /** Folder of the run. */
  output: z.string(),
});

/** Recipes under a name; a file that names one gives what differs. */
export const DETECTION_PRESETS: Readonly<Record<string, object>> = {
  // The schedule that published numbers have: 16 pictures a batch, 12 epochs, from an ImageNet backbone.
  'coco-1x': {
    model: { preset: 'mmdetection', backbone: { depth: 50 } },
    recipe: {
      epochs: 12,
      batchSize: 16,
      learningRate: 0.02,
      schedule: { kind: 'multiStep', milestones: [8, 11] },
      warmUpSteps: 500,
      weightDecay: 1e-4,
      freezeAt: 2,
      norms: 'eval',
    },
  },
  // Trains from scratch on a laptop: a quarter of ResNet-18's width squared, light pyramid and head, half resolution.
  small: {
    model: {
      backbone: { block: 'basic', blocks: [2, 2, 2, 2], width: 32 },
      config: {
        fpnChannels: 64,
        input: { minSize: 240, maxSize: 320 },
        rpn: {
          anchors: { sizes: [[16], [32], [64], [96], [128]], ratios: [0.5, 1, 2], rounded: false },
          train: { preNmsTopN: 500, postNmsTopN: 300 },
          test: { preNmsTopN: 300, postNmsTopN: 150 },
          sampler: { perImage: 128 },
        },
        roi: {
          aligned: true,
          hidden: 192,
          levelRule: { canonicalSize: 48, canonicalLevel: 1 },
          sampler: { perImage: 128 },
        },
      },
    },
    recipe: {
      epochs: 16,
      batchSize: 2,
      learningRate: 0.02,
      clipNorm: 10,
      augment: { flip: 0.5 },
      evaluateEvery: 2,
    },
  },
};

/** With the values of its preset underneath. */
export const detectionConfigSchema = withPresets(DETECTION_PRESETS, schema);

export type DetectionConfig = z.output<typeof schema>;

/** The network of a configuration file. @throws {@link ConfigError} where a value does not fit the network. */
export async function networkOf(file: string, { model }: DetectionConfig, classes: number): Promise<FasterRcnnConfig> {
  const backbone = await backboneOf(file, model);
  const base = fasterRcnnConfig({ backbone, classes, preset: model.preset });
  return withChanges(base, model.config, configSchema, { file, place: 'model.config', elsewhere: ELSEWHERE });
}
