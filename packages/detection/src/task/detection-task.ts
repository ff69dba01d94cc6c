/** Faster, Mask and Cascade R-CNN as a task: what running, training and evaluating need to know of it. */
import { defined } from '@icconv/base';
import { categoriesField, classCategories, learnedClasses, type Task } from '@icconv/task';
import { decaysMatrices, sgd } from '@icconv/training';
import type { Metrics } from '@icconv/training/node';
import { z } from 'zod';
import { fasterRcnnSchema, fasterRcnnToJson } from '../config/config-schema';
import type { DetectionModel } from '../config/detection-model';
import { fasterRcnnConfig, PRESETS, type Preset } from '../config/presets';
import { DETECTION_PRESETS } from '../config/training-presets';
import { cocoSamples, type DetectionSample } from '../data/coco-samples';
import { fitToBoxes } from '../data/fit-to-boxes';
import type { DetectOptions } from '../detector/types';
import {
  type DetectionEvaluation,
  detectionRecords,
  formatDetections,
  kindOf,
  scoreDetections,
} from '../evaluation/score-detections';
import { pixelOptions } from '../input/prepare';
import { seededDraw } from '../matching/sampler';
import { BACKBONE_PREFIX } from '../network/names';
import { initFasterRcnn } from '../network/shapes';
import { batchStep } from '../training/batch-step';
import { type DetectionRecipe, detectionRecipeSchema, inferenceResize } from '../training/detection-recipe';
import { checkpointHeads, classesOf } from '../weights/checkpoint-heads';
import { saveDetectorWeights } from '../weights/detector-weights';
import { DETECTION_NETWORK, type DetectionNetwork } from './detection-network';
import { DETECTION_ZOO } from './detection-zoo';

export interface DetectionTypes extends DetectionNetwork {
  readonly options: DetectOptions;
  readonly checkpoint: {
    /** Names of the classes by number, or their number. @defaultValue as many as the weights have, by COCO's names where they are 80 or 90 */
    readonly classes?: readonly string[] | number;
    /** Whose conventions. @defaultValue `'torchvision'` */
    readonly preset?: Preset;
  };
  readonly sample: DetectionSample;
  readonly recipe: DetectionRecipe;
  readonly evaluation: DetectionEvaluation;
}

const modelFields = {
  preset: z
    .enum(PRESETS as unknown as readonly [Preset, ...Preset[]])
    .meta({ description: 'Whose conventions.', examples: ['torchvision'] })
    .default('torchvision'),
  masks: z
    .boolean()
    .meta({ description: 'A mask for each detection.', examples: [true] })
    .default(false),
  cascade: z
    .boolean()
    .meta({ description: 'Three box heads, each on the boxes of the one before.', examples: [true] })
    .default(false),
  anchors: z
    .enum(['config', 'data'])
    .meta({ description: 'Anchors of the configuration, or fitted to the boxes of the data.', examples: ['data'] })
    .default('config'),
} as const;

const dataFields = {
  categories: categoriesField,
  classes: z.array(z.string()).min(1).meta({ description: 'The same, by name only.' }).optional(),
} as const;

export const DETECTION: Task<DetectionTypes> = {
  ...DETECTION_NETWORK,
  model: {
    ...DETECTION_NETWORK.model,
    configSchema: fasterRcnnSchema,
    fixed: ['backbone', 'classes'],
    toJson: ({ config, classes }) => ({ classes, config: fasterRcnnToJson(config) }),
    async ofCheckpoint({ classes, preset }, backbone, weights, reading) {
      const { count, ...heads } = await checkpointHeads(weights, reading);
      const names = classesOf(count, classes);
      const config = fasterRcnnConfig({ backbone, classes: names.length, ...heads, ...defined({ preset }) });
      return { config, classes: names };
    },
  },
  weights: {
    ...DETECTION_NETWORK.weights,
    backbonePrefix: BACKBONE_PREFIX,
    init: ({ config }, options) => initFasterRcnn(config, options),
    save: (path, weights, { config }, options) => saveDetectorWeights(path, weights, config, options),
  },
  zoo: DETECTION_ZOO,
  data: {
    kind: ({ config }) => kindOf(config),
    categories: (dataset, { classes }, ...how) => classCategories(dataset, classes, ...how),
    samples: (data, recipe, { config }) => cocoSamples(data, recipe, config.mask !== undefined),
  },
  training: {
    loader: ({ config: { input } }, recipe, source) => ({
      augment: { ...inferenceResize(input), ...(recipe.augment ?? { flip: 0.5 }) },
      groupByAspect: recipe.groupByAspect ?? source.size !== undefined,
      pixels: pixelOptions(input),
      multipleOf: input.divisor,
    }),
    optimizer: ({ momentum = 0.9, weightDecay = 1e-4, decayNorms = true }) =>
      sgd({ momentum, weightDecay, ...(!decayNorms && { decays: decaysMatrices }) }),
    step: (weights, batch, { config }, { random, ...parts }) =>
      batchStep(weights, batch, config, { draw: seededDraw(() => random.next()), ...parts }),
    settings: {
      presets: DETECTION_PRESETS,
      model: modelFields,
      data: dataFields,
      recipe: detectionRecipeSchema,
      network({ model, data }, backbone, dataset) {
        const { anchors, ...conventions } = model as z.output<z.ZodObject<typeof modelFields>>;
        const { categories, classes: named } = data as z.output<z.ZodObject<typeof dataFields>>;
        const { classes, ids, ...learned } = learnedClasses(dataset, categories ?? named);
        const config = fasterRcnnConfig({ backbone, classes: classes.length, ...conventions });
        const fit = (changed: DetectionModel) => fitToBoxes(changed, dataset, ids);
        return { model: { config, classes }, ...learned, ...(anchors === 'data' && { fit }) };
      },
    },
  },
  evaluation: {
    records: detectionRecords,
    score: scoreDetections,
    metrics({ stats }) {
      const { AP, AP50, AP75, AR100, maskAP, maskAP50, maskAP75 } = stats as Record<string, number>;
      return defined({ AP, AP50, AP75, AR100, maskAP, maskAP50, maskAP75 }) as Metrics;
    },
    best: 'AP',
    format: formatDetections,
  },
};
