/** Trains a bottom-up pose estimator on COCO keypoints with the loop of `@icconv/training`. */
import { makeFolder } from '@icconv/base/files';
import { requireObjects } from '@icconv/coco';
import { type FreezingConfig, type StateDict, trainableParts } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { type AugmentConfig, adam, decaysMatrices, recipeOptions, type TrainingRecipe } from '@icconv/training';
import { type Batch, createLoader, type TrainOptions, type TrainResult, trainLoop } from '@icconv/training/node';
import { COARSEST_STRIDE, type PoseConfig } from '../config/pose-config';
import { checkKeypoints, cocoPoses, type PoseSample, poseCategory } from '../data/coco-poses';
import { type PoseData, poseReports } from '../data/pose-data';
import { checkDivisor, checkScales } from '../estimator/estimate-picture';
import { type EvaluatePoseOptions, evaluatePose } from '../evaluation/evaluate-pose';
import { posePixels } from '../input/prepare';
import { BACKBONE_PREFIX } from '../network/layers';
import { checkSkeleton } from '../skeleton/skeleton';
import { savePoseWeights } from '../weights/pose-weights';
import { poseStep } from './pose-step';
import { poseSettings } from './run-settings';

/** All that makes a training repeatable; plain data, as it stands in a configuration file. Adam, as mmpose trains bottom-up networks. */
export interface PoseRecipe extends TrainingRecipe, FreezingConfig {
  /** @defaultValue `0` */
  readonly weightDecay?: number;
  /** Height and width of the network's input in training. @defaultValue the square of `config.input.size` */
  readonly inputSize?: readonly [height: number, width: number];
  /**
   * Without `resize` a picture's shorter side fills the input, as in inference, and its longer side is cut.
   * @defaultValue mmpose's: rotation up to 30 degrees, scale 2/3 to 4/3, translation, flip with probability 0.5
   */
  readonly augment?: AugmentConfig;
  /** Leave out pictures without a labelled keypoint. @defaultValue `false` */
  readonly skipEmpty?: boolean;
}

export interface TrainPoseOptions
  extends Pick<
    TrainOptions<Batch<PoseSample>>,
    'folder' | 'resume' | 'allowChanges' | 'progress' | 'signal' | 'handleInterrupt' | 'checkpointEverySteps' | 'steps'
  > {
  readonly config: PoseConfig;
  /** Changed in place; the caller disposes them. */
  readonly weights: StateDict;
  /** Names that were loaded from a checkpoint: freezing others is an error. */
  readonly pretrained?: Iterable<string>;
  readonly recipe: PoseRecipe;
  readonly train: PoseData;
  /** Evaluated during the training; the best weights by AP are kept. @defaultValue no evaluation */
  readonly val?: PoseData;
  /** How it is evaluated. @defaultValue as `icconv eval pose` and `estimate` do: with flip, at one scale. Without flip takes half the time */
  readonly evaluation?: Pick<EvaluatePoseOptions, 'flip' | 'scales'>;
  /** Name of the category. @defaultValue the only one that has keypoints */
  readonly category?: string;
  /** Threads that decode. @defaultValue one less than processors, 1 to 4 */
  readonly workers?: number;
  /** Pictures that cannot be read are errors, or are left out and listed in the result. @defaultValue `'stop'` */
  readonly onUnreadable?: 'stop' | 'skip';
  /** Damaged pictures are learned from as far as they can be read, the rest grey. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
}

/**
 * Source: IC-Conv human_pose/config and mmpose's `BottomUpRandomAffine`, whose scale of 0.75 to 1.5 is of the window cut from the picture and
 * whose translation of 40 is 40 / 200 of a side.
 */
const DEFAULT_AUGMENT: AugmentConfig = {
  flip: 0.5,
  affine: { rotation: 30, scale: [2 / 3, 4 / 3], translate: 0.2 },
};

/**
 * Trains, writing into the folder what `trainLoop` writes: checkpoint, best and final weights by mmpose's names, `results.csv`,
 * TensorBoard curves.
 *
 * @throws as `trainLoop`; {@link InvalidArgumentError} where data and skeleton do not fit; CocoError where no labelled keypoint is left to
 *   learn from, or to score.
 * @example
 * ```ts
 * const config = poseConfig({ backbone: 18, skeleton: skeletonOf(poseCategory(dataset)) });
 * const weights = initPose(config, { seed: 1 });
 * const recipe = { epochs: 30, batchSize: 4, learningRate: 1e-3 };
 * await trainPose({ config, weights, recipe, train: { dataset, folder: 'images' }, folder: 'runs/bees' });
 * ```
 */
export async function trainPose(options: TrainPoseOptions): Promise<TrainResult> {
  const { config, recipe, train, val, folder, workers, signal, category } = options;
  const evaluation = options.evaluation ?? {};
  checkSkeleton(config.skeleton);
  checkDivisor(config);
  if (evaluation.scales !== undefined) checkScales(evaluation.scales);
  for (const data of [train, ...(val === undefined ? [] : [val])]) {
    checkKeypoints(config.skeleton, poseCategory(data.dataset, category));
  }
  const reports = poseReports(train, val, category);
  requireObjects(reports.train, 'training data');
  if (reports.val !== undefined) requireObjects(reports.val, 'validation data');
  const { onUnreadable = 'stop', tolerateDamage = false } = options;
  const { seed = 0, batchSize, weightDecay = 0, augment = DEFAULT_AUGMENT } = recipe;
  const { size } = config.input;
  const inputSize = recipe.inputSize ?? [size, size];
  if (inputSize.some((side) => side % COARSEST_STRIDE !== 0)) {
    throw new InvalidArgumentError('trainPose', 'recipe.inputSize', inputSize, 'multiples of 32');
  }
  const of = {
    folder: train.folder,
    ...(category !== undefined && { category }),
    ...(train.imageIds !== undefined && { imageIds: train.imageIds }),
  };
  const loader = createLoader({
    source: cocoPoses(train.dataset, { ...of, skipEmpty: recipe.skipEmpty ?? false }),
    batchSize,
    seed,
    augment: { resize: { size: inputSize, fit: 'cover' }, ...augment },
    pixels: posePixels(config.input),
    multipleOf: COARSEST_STRIDE,
    objects: { swapPairs: config.skeleton.swapPairs },
    onUnreadable,
    decode: { tolerateDamage },
    ...(workers !== undefined && { workers }),
  });
  const { trainable, batchNorm } = trainableParts(config.backbone, BACKBONE_PREFIX, recipe);
  const optimizer = adam({ weightDecay, decays: decaysMatrices });
  const fromRecipe = recipeOptions(recipe, loader.batchesPerEpoch);
  try {
    if (folder !== undefined) await makeFolder(folder);
    return await trainLoop<Batch<PoseSample>>({
      ...options,
      ...(folder !== undefined && { settings: poseSettings(options) }),
      loader,
      optimizer,
      ...fromRecipe,
      freezing: { trainable, ...(options.pretrained !== undefined && { pretrained: options.pretrained }) },
      step(current, batch) {
        const truths = batch.samples.map(({ objects, ignore }) => ({
          people: objects.map((object) => object.keypoints),
          ignore,
        }));
        return poseStep(current, batch.images, truths, config, { trainable, batchNorm });
      },
      ...(val !== undefined && {
        evaluate: async (current) => {
          const { stats, pck } = await evaluatePose(current, config, val.dataset, {
            folder: val.folder,
            ...evaluation,
            onUnreadable,
            tolerateDamage,
            ...(val.imageIds !== undefined && { imageIds: val.imageIds }),
            ...(category !== undefined && { category }),
            ...(signal !== undefined && { signal }),
          });
          const { AP, AP50, AP75, AR } = stats as Record<'AP' | 'AP50' | 'AP75' | 'AR', number>;
          return { AP, AP50, AP75, AR, PCK: pck };
        },
        best: { metric: 'AP' },
      }),
      saveWeights: (path, current) => savePoseWeights(path, current),
    });
  } finally {
    fromRecipe.ema?.dispose();
    optimizer.dispose();
    await loader.close();
  }
}
