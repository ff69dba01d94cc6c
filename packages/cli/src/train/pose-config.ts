/** The configuration file of `icconv train pose`. */
import { schemaOf } from '@icconv/base';
import { ConfigError, changesOf, withChanges, withPresets } from '@icconv/base/config';
import type { CocoDataset } from '@icconv/coco';
import { pictureFields } from '@icconv/coco/node';
import { freezingSchema } from '@icconv/models/files';
import { type PoseConfig, poseConfig, skeletonOf } from '@icconv/pose';
import { configSchema, type PoseRecipe, poseCategory } from '@icconv/pose/node';
import { recipeSchema, weightsSchema } from '@icconv/training';
import { z } from 'zod';
import { cocoData } from '../data/coco-data';
import { backboneFields, backboneOf } from './backbone-config';

/** What the rest of the file says of the network. */
const ELSEWHERE = ['backbone', 'skeleton'] as const;

const pairs = z.array(z.tuple([z.string(), z.string()]));

const schema = z.strictObject({
  preset: z.string().exactOptional(),
  model: z.strictObject({
    ...backboneFields,
    /** What differs from mmpose's bottom-up ResNets, by the names of `PoseConfig`. */
    config: changesOf(configSchema, ELSEWHERE).default({}),
  }),
  data: z.strictObject({
    train: cocoData,
    val: cocoData.exactOptional(),
    ...pictureFields,
    /** The only one with keypoints by default. */
    category: z.string().exactOptional(),
    /** Keypoints that a mirrored picture exchanges, by name; by default those called left and right. */
    swapPairs: pairs.exactOptional(),
    /** Falloff of the keypoints for OKS, in their order; by default the file's, COCO's, or 0.07. */
    sigmas: z.array(z.number().positive()).min(1).exactOptional(),
  }),
  recipe: schemaOf<PoseRecipe>()(
    recipeSchema.extend({
      ...freezingSchema.shape,
      inputSize: z.tuple([z.int().min(32), z.int().min(32)]).exactOptional(),
      skipEmpty: z.boolean().exactOptional(),
    }),
  ),
  /** How it is evaluated during the training. */
  evaluation: z
    .strictObject({ flip: z.boolean().exactOptional(), scales: z.array(z.number().positive()).min(1).exactOptional() })
    .exactOptional(),
  weights: weightsSchema('estimator').exactOptional(),
  /** Folder of the run. */
  output: z.string(),
});

/** Recipes under a name; a file that names one gives what differs. */
export const POSE_PRESETS: Readonly<Record<string, object>> = {
  // IC-Conv's schedule for R50 of human_pose/config: 16 pictures a GPU, 300 epochs, from an ImageNet backbone.
  coco: {
    model: { backbone: { depth: 50 }, config: { input: { sampling: 'half-pixel' } } },
    recipe: {
      epochs: 300,
      batchSize: 16,
      learningRate: 0.001,
      schedule: { kind: 'multiStep', milestones: [200, 260] },
      warmUpSteps: 500,
      evaluateEvery: 50,
      skipEmpty: true,
    },
  },
  // Trains from scratch on a laptop: a quarter of ResNet-18's width squared, a light head, half resolution.
  small: {
    model: {
      backbone: { block: 'basic', blocks: [2, 2, 2, 2], width: 32 },
      config: {
        head: {
          deconvs: [
            { channels: 64, kernel: 4 },
            { channels: 64, kernel: 4 },
            { channels: 64, kernel: 4 },
          ],
        },
        input: { size: 256, divisor: 32, sampling: 'half-pixel' },
        // Tags that are pulled together harder than apart stay together; mmpose's equal factors suit long trainings.
        loss: { centre: 'exact', heatmap: 20, push: 0.1, pull: 0.03 },
      },
    },
    recipe: {
      epochs: 60,
      batchSize: 4,
      // Adam with small batches: at 0.002 the heatmaps stay at nothing for long.
      learningRate: 0.0007,
      augment: { flip: 0.5, affine: { rotation: 20, scale: [0.8, 1.25], translate: 0.1 } },
      evaluateEvery: 5,
    },
  },
};

/** With the values of its preset underneath. */
export const poseConfigSchema = withPresets(POSE_PRESETS, schema);

export type PoseTrainingConfig = z.output<typeof schema>;

/** The network of a configuration file. @throws {@link ConfigError} where a value does not fit the network. */
export async function poseNetworkOf(
  file: string,
  { model, data }: PoseTrainingConfig,
  dataset: CocoDataset,
): Promise<PoseConfig> {
  const backbone = await backboneOf(file, model);
  const category = poseCategory(dataset, data.category);
  const keypoint = (name: string) => {
    const found = category.keypoints!.indexOf(name);
    if (found >= 0) return found;
    throw new ConfigError(`${file}: data.swapPairs: "${name}" is none of ${category.keypoints!.join(', ')}`);
  };
  const skeleton = skeletonOf(category, {
    ...(data.sigmas !== undefined && { sigmas: data.sigmas }),
    ...(data.swapPairs !== undefined && {
      swapPairs: data.swapPairs.map(([a, b]) => [keypoint(a), keypoint(b)] as const),
    }),
  });
  const base = poseConfig({ backbone, skeleton });
  return withChanges(base, model.config, configSchema, { file, place: 'model.config', elsewhere: ELSEWHERE });
}
