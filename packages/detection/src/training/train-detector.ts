/** Trains a Faster R-CNN on COCO data with the loop of `@icconv/training`. */
import { makeFolder } from '@icconv/base/files';
import { requireObjects } from '@icconv/coco';
import { type FreezingConfig, type StateDict, trainableParts } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { type AugmentConfig, decaysMatrices, recipeOptions, sgd, type TrainingRecipe } from '@icconv/training';
import { type Batch, type TrainOptions, type TrainResult, trainLoop } from '@icconv/training/node';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { categoryIds, classNames, cocoSamples, type DetectionSample } from '../data/coco-samples';
import { type DetectionData, detectionReports, validationCategories } from '../data/detection-data';
import { createDetectorLoader } from '../data/detector-loader';
import { evaluateDetector } from '../evaluation/evaluate-detector';
import { seededDraw } from '../matching/sampler';
import { BACKBONE_PREFIX } from '../network/names';
import type { GroundTruth } from '../roi-heads/sample-proposals';
import { saveDetectorWeights } from '../weights/detector-weights';
import { detectionStep } from './detection-step';
import { detectionSettings } from './run-settings';

/** All that makes a training repeatable; plain data, as it stands in a configuration file. */
export interface DetectionRecipe extends TrainingRecipe, FreezingConfig {
  /** @defaultValue `0.9` */
  readonly momentum?: number;
  /** @defaultValue `1e-4` */
  readonly weightDecay?: number;
  /** Norms and biases decay too. @defaultValue `true`, as in the libraries */
  readonly decayNorms?: boolean;
  /** @defaultValue flip with probability 0.5, resizing as in inference */
  readonly augment?: AugmentConfig;
  /** Batches hold either upright or wide pictures. @defaultValue `true` where sizes are known */
  readonly groupByAspect?: boolean;
  /** Leave out pictures without a box. @defaultValue `false` */
  readonly skipEmpty?: boolean;
}

export interface TrainDetectorOptions
  extends Pick<
    TrainOptions<Batch<DetectionSample>>,
    'folder' | 'resume' | 'allowChanges' | 'progress' | 'signal' | 'handleInterrupt' | 'checkpointEverySteps' | 'steps'
  > {
  readonly config: FasterRcnnConfig;
  /** Changed in place; the caller disposes them. */
  readonly weights: StateDict;
  /** Names that were loaded from a checkpoint: freezing others is an error. */
  readonly pretrained?: Iterable<string>;
  readonly recipe: DetectionRecipe;
  readonly train: DetectionData;
  /** Evaluated during the training; the best weights by AP are kept. @defaultValue no evaluation */
  readonly val?: DetectionData;
  /** Names of the classes by number. @defaultValue the training set's categories by ascending id */
  readonly classes?: readonly string[];
  /** Threads that decode. @defaultValue one less than processors, 1 to 4 */
  readonly workers?: number;
  /** Pictures that cannot be read are errors, or are left out and listed in the result. @defaultValue `'stop'` */
  readonly onUnreadable?: 'stop' | 'skip';
  /** Damaged pictures are learned from as far as they can be read, the rest grey. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
}

/**
 * Trains, writing into the folder what `trainLoop` writes: checkpoint, best and final weights by torchvision's names, `results.csv`,
 * TensorBoard curves.
 *
 * @throws as `trainLoop`; {@link InvalidArgumentError} where classes and network do not fit; CocoError where no object is left to learn
 *   from, or to score.
 * @example
 * ```ts
 * const config = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3 });
 * const weights = initFasterRcnn(config, { seed: 1 });
 * const recipe = { epochs: 12, batchSize: 2, learningRate: 0.01 };
 * await trainDetector({ config, weights, recipe, train: { dataset, folder: 'images' }, folder: 'runs/cells' });
 * ```
 */
export async function trainDetector(options: TrainDetectorOptions): Promise<TrainResult> {
  const { config, recipe, train, val, folder, workers, signal } = options;
  const { classes = classNames(train.dataset) } = options;
  if (classes.length !== config.classes) {
    throw new InvalidArgumentError('trainDetector', 'classes', classes, `${config.classes} names, as the network has`);
  }
  const { seed = 0, batchSize, momentum = 0.9, weightDecay = 1e-4, decayNorms = true } = recipe;
  const ids = train.categoryIds ?? categoryIds(train.dataset, classes);
  const reports = detectionReports({ ...train, categoryIds: ids }, val, classes);
  requireObjects(reports.train, 'training data');
  if (reports.val !== undefined) requireObjects(reports.val, 'validation data');
  const { onUnreadable = 'stop', tolerateDamage = false } = options;
  const source = cocoSamples(train.dataset, {
    ...{ skipEmpty: recipe.skipEmpty ?? false, folder: train.folder, categoryIds: ids },
    ...(train.imageIds !== undefined && { imageIds: train.imageIds }),
  });
  const loader = createDetectorLoader(config.input, {
    source,
    batchSize,
    seed,
    augment: recipe.augment ?? { flip: 0.5 },
    groupByAspect: recipe.groupByAspect ?? source.size !== undefined,
    onUnreadable,
    decode: { tolerateDamage },
    ...(workers !== undefined && { workers }),
  });
  const { trainable, batchNorm } = trainableParts(config.backbone, BACKBONE_PREFIX, recipe);
  const optimizer = sgd({ momentum, weightDecay, ...(!decayNorms && { decays: decaysMatrices }) });
  const fromRecipe = recipeOptions(recipe, loader.batchesPerEpoch);
  try {
    if (folder !== undefined) await makeFolder(folder);
    return await trainLoop<Batch<DetectionSample>>({
      ...options,
      ...(folder !== undefined && { settings: detectionSettings(options) }),
      loader,
      optimizer,
      ...fromRecipe,
      freezing: { trainable, ...(options.pretrained !== undefined && { pretrained: options.pretrained }) },
      step(current, batch, { random }) {
        const truths = batch.samples.map(truthOf);
        try {
          const data = { images: batch.images, sizes: batch.sizes, truths };
          return detectionStep(current, data, config, { draw: seededDraw(() => random.next()), trainable, batchNorm });
        } finally {
          tf.dispose(truths.map(({ boxes }) => boxes));
        }
      },
      ...(val !== undefined && {
        evaluate: async (current) => {
          const { stats } = await evaluateDetector(current, config, val.dataset, {
            folder: val.folder,
            onUnreadable,
            tolerateDamage,
            categoryIds: validationCategories(val, classes, ids),
            ...(val.imageIds !== undefined && { imageIds: val.imageIds }),
            ...(signal !== undefined && { signal }),
          });
          const { AP, AP50, AP75, AR100 } = stats as Record<'AP' | 'AP50' | 'AP75' | 'AR100', number>;
          return { AP, AP50, AP75, AR100 };
        },
        best: { metric: 'AP' },
      }),
      saveWeights: (path, current) => saveDetectorWeights(path, current, config),
    });
  } finally {
    fromRecipe.ema?.dispose();
    optimizer.dispose();
    await loader.close();
  }
}

function truthOf({ objects }: Batch<DetectionSample>['samples'][number]): GroundTruth {
  const corners = Float32Array.from(objects.flatMap(({ box }) => box));
  return {
    boxes: tf.tensor2d(corners, [objects.length, 4]) as Tensor2D,
    classes: Int32Array.from(objects, ({ classIndex }) => classIndex),
  };
}
