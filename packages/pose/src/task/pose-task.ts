/** Bottom-up pose estimation as a task: what running, training and evaluating need to know of it. */
import { defined } from '@icconv/base';
import { ConfigError } from '@icconv/base/config';
import type { CocoDataset } from '@icconv/coco';
import type { Task } from '@icconv/task';
import { adam, decaysMatrices } from '@icconv/training';
import { z } from 'zod';
import { poseSchema, poseToJson } from '../config/config-schema';
import { COARSEST_STRIDE, poseConfig } from '../config/pose-config';
import { POSE_PRESETS } from '../config/presets';
import { categoryFor, cocoPoses, type PoseSample, poseCategory } from '../data/coco-poses';
import type { EstimateOptions } from '../estimator/types';
import { formatPoses, type PoseEvaluation, poseRecords, scorePoses } from '../evaluation/score-poses';
import { posePixels } from '../input/prepare';
import { BACKBONE_PREFIX } from '../network/layers';
import { initPose } from '../network/weights';
import { checkSkeleton, type Skeleton, skeletonOf } from '../skeleton/skeleton';
import { DEFAULT_AUGMENT, inputSizeOf, type PoseRecipe, poseRecipeSchema } from '../training/pose-recipe';
import { poseStep } from '../training/pose-step';
import { savePoseWeights } from '../weights/pose-weights';
import { POSE_NETWORK, type PoseNetwork } from './pose-network';
import { POSE_ZOO } from './pose-zoo';

export interface PoseTypes extends PoseNetwork {
  readonly options: EstimateOptions;
  readonly checkpoint: {
    /** @defaultValue COCO's 17 keypoints */
    readonly skeleton?: Skeleton;
  };
  readonly sample: PoseSample;
  readonly recipe: PoseRecipe;
  readonly evaluation: PoseEvaluation;
}

const dataFields = {
  category: z
    .string()
    .meta({ description: 'The only one with keypoints by default.', examples: ['person'] })
    .optional(),
  swapPairs: z
    .array(z.tuple([z.string(), z.string()]))
    .meta({
      description: 'Keypoints that a mirrored picture exchanges, by name; by default those called left and right.',
      examples: [[['left_eye', 'right_eye']]],
    })
    .optional(),
  sigmas: z
    .array(z.number().positive())
    .min(1)
    .meta({ description: 'Falloff of the keypoints for OKS, in their order; by default the file’s, COCO’s, or 0.07.' })
    .optional(),
} as const;

export const POSE: Task<PoseTypes> = {
  ...POSE_NETWORK,
  model: {
    ...POSE_NETWORK.model,
    configSchema: poseSchema,
    fixed: ['backbone', 'skeleton'],
    toJson: ({ config }) => ({ config: poseToJson(config) }),
    async ofCheckpoint({ skeleton }, backbone) {
      return { config: poseConfig({ backbone, ...defined({ skeleton }) }) };
    },
  },
  weights: {
    ...POSE_NETWORK.weights,
    backbonePrefix: BACKBONE_PREFIX,
    init: ({ config }, options) => initPose(config, options),
    save: (path, weights, _, options) => savePoseWeights(path, weights, options),
  },
  zoo: POSE_ZOO,
  data: {
    kind: () => 'keypoints',
    categories: (dataset, { config }) => [categoryFor(dataset, config.skeleton).id],
    samples: cocoPoses,
  },
  training: {
    check({ config }, recipe) {
      checkSkeleton(config.skeleton);
      inputSizeOf(recipe, config);
    },
    loader: ({ config }, recipe) => ({
      augment: { resize: { size: inputSizeOf(recipe, config), fit: 'cover' }, ...(recipe.augment ?? DEFAULT_AUGMENT) },
      pixels: posePixels(config.input),
      multipleOf: COARSEST_STRIDE,
      objects: { swapPairs: config.skeleton.swapPairs },
    }),
    optimizer: ({ weightDecay = 0 }) => adam({ weightDecay, decays: decaysMatrices }),
    step(weights, { images, samples }, { config }, parts) {
      const truths = samples.map(({ objects, ignore }) => ({ people: objects.map((one) => one.keypoints), ignore }));
      return poseStep(weights, images, truths, config, parts);
    },
    settings: {
      presets: POSE_PRESETS,
      model: {},
      data: dataFields,
      recipe: poseRecipeSchema,
      evaluation: { flip: z.boolean().optional(), scales: z.array(z.number().positive()).min(1).optional() },
      network({ data, file }, backbone, dataset) {
        const chosen = data as z.output<z.ZodObject<typeof dataFields>>;
        const skeleton = chosenSkeleton(chosen, dataset, file);
        return {
          model: { config: poseConfig({ backbone, skeleton }) },
          categoryIds: (other) =>
            chosen.category === undefined ? undefined : [poseCategory(other, chosen.category).id],
          notes: [`mirrored pictures exchange ${describePairs(skeleton)}`],
        };
      },
    },
  },
  evaluation: {
    records: (result, imageId, [categoryId]) => poseRecords(result, imageId, categoryId!),
    score: (records, data, { config }, options) => scorePoses(records, data, config, options),
    metrics({ stats, pck }) {
      const { AP, AP50, AP75, AR } = stats as Record<'AP' | 'AP50' | 'AP75' | 'AR', number>;
      return { AP, AP50, AP75, AR, PCK: pck };
    },
    best: 'AP',
    format: (evaluation, { config }) => formatPoses(evaluation, config),
  },
};

function chosenSkeleton(
  { category: name, sigmas, swapPairs }: z.output<z.ZodObject<typeof dataFields>>,
  dataset: CocoDataset,
  file: string,
): Skeleton {
  const category = poseCategory(dataset, name);
  const keypoint = (wanted: string) => {
    const found = category.keypoints!.indexOf(wanted);
    if (found >= 0) return found;
    throw new ConfigError(`${file}: data.swapPairs: "${wanted}" is none of ${category.keypoints!.join(', ')}`);
  };
  const pairs = swapPairs?.map(([a, b]) => [keypoint(a), keypoint(b)] as const);
  return skeletonOf(category, defined({ sigmas, swapPairs: pairs }));
}

function describePairs({ keypoints, swapPairs }: Skeleton): string {
  if (swapPairs.length === 0) return 'no keypoints: name pairs of left and right in data.swapPairs if there are any';
  return swapPairs.map(([a, b]) => `${keypoints[a]} and ${keypoints[b]}`).join(', ');
}
