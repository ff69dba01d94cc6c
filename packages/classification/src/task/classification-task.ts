/** Classification of whole pictures as a task: what running, training and evaluating need to know of it. */
import type { CocoId } from '@icconv/coco';
import { type CompiledResNet, compileForInference, IMAGENET_RGB, initResNet } from '@icconv/models';
import { readResNetWeights } from '@icconv/models/files';
import { backboneToJson } from '@icconv/models/schema';
import {
  BACKBONES,
  categoriesField,
  checkCount,
  learnedClasses,
  type Task,
  type TaskTypes,
  type ZooRow,
} from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { sgd } from '@icconv/training';
import { type ClassificationResult, type ClassifyOptions, classificationSteps } from '../classifier/classify-picture';
import { type ClassifierModel, resnetOf } from '../config/classifier-model';
import { configSchema, modelSchema } from '../config/config-schema';
import { CLASSIFICATION_PRESETS } from '../config/presets';
import { cocoLabels, type LabelSample, labelCategories } from '../data/coco-labels';
import { type ClassificationEvaluation, formatLabels, labelRecords, scoreLabels } from '../evaluation/score-labels';
import { classifierPixels } from '../input/prepare';
import { augmentOf, type ClassifierRecipe, classifierRecipeSchema } from '../training/classifier-recipe';
import { classifierStep } from '../training/classifier-step';
import { IMAGENET_NAMES } from './imagenet-names';

export interface ClassificationTypes extends TaskTypes {
  readonly model: ClassifierModel;
  readonly network: CompiledResNet;
  readonly result: ClassificationResult;
  readonly options: ClassifyOptions;
  readonly checkpoint: {
    /** Names of the classes by number. @defaultValue ImageNet's 1000 */
    readonly classes?: readonly string[];
  };
  readonly sample: LabelSample;
  readonly recipe: ClassifierRecipe;
  readonly evaluation: ClassificationEvaluation;
}

const INPUT = { size: 256, crop: 224, ...IMAGENET_RGB } as const;

/** Published classifiers of ImageNet: the backbones of the zoo, with their classes. */
export const CLASSIFICATION_ZOO: readonly ZooRow<ClassifierModel>[] = BACKBONES.map((row) => ({
  ...row,
  model: { ...row.model, classes: IMAGENET_NAMES },
}));

export const CLASSIFICATION: Task<ClassificationTypes> = {
  name: 'classification',
  noun: 'classifier',
  model: {
    format: 'icconv-classifier/1',
    schema: modelSchema,
    configSchema,
    fixed: ['backbone'],
    toJson: ({ config, classes }) => ({ classes, config: { ...config, backbone: backboneToJson(config.backbone) } }),
    async ofCheckpoint({ classes = IMAGENET_NAMES }, backbone) {
      return { config: { backbone, input: INPUT }, classes };
    },
  },
  weights: {
    backbonePrefix: '',
    init: (model, options) => initResNet(resnetOf(model), options),
    read: (file, model, options) => readResNetWeights(file, resnetOf(model), options),
    save: (path, weights, _, options) => saveStateDict(weights, path, options),
  },
  zoo: CLASSIFICATION_ZOO,
  inference: {
    verb: 'classify',
    check: ({ topK = 1 }) => checkCount('classify', 'topK', topK),
    compile: (weights, model, options) => compileForInference(weights, resnetOf(model), options),
    run: classificationSteps,
    nothing: (size) => ({ ...size, classes: [] }),
  },
  data: {
    kind: () => 'labels',
    categories: (dataset, { classes }, ...how) => labelCategories(dataset, classes, ...how),
    samples: cocoLabels,
  },
  training: {
    check(_, { augment }) {
      if (augment?.mosaic === undefined) return;
      throw new InvalidArgumentError(
        'trainClassifier',
        'recipe.augment.mosaic',
        augment.mosaic,
        'left out: a picture of four has four labels',
      );
    },
    loader: ({ config: { input } }, recipe, { length }) => ({
      augment: augmentOf(input, recipe),
      pixels: classifierPixels(input),
      // Batch norms learn nothing of a picture or two.
      dropLast: length >= recipe.batchSize,
    }),
    optimizer: ({ momentum = 0.9, weightDecay = 1e-4 }) => sgd({ momentum, weightDecay }),
    step(weights, { images, samples }, model, { recipe, ...parts }) {
      const labels = samples.map(({ sample }) => sample.classIndex);
      return classifierStep(weights, images, labels, model, { ...recipe, ...parts });
    },
    settings: {
      presets: CLASSIFICATION_PRESETS,
      model: {},
      data: { categories: categoriesField },
      recipe: classifierRecipeSchema,
      network({ data }, backbone, dataset) {
        const { classes, ...learned } = learnedClasses(dataset, data.categories as CocoId[] | undefined);
        return { model: { config: { backbone, input: INPUT }, classes }, ...learned };
      },
    },
  },
  evaluation: {
    records: labelRecords,
    score: scoreLabels,
    metrics: ({ stats }) => stats,
    best: 'top1',
    format: formatLabels,
  },
};
