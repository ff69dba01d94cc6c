/** Pose estimators: ready for use, trained, evaluated. */
import {
  type EvaluateTaskOptions,
  type LocalRunner,
  type ModelSource,
  moduleBeside,
  type Runner,
  type TrainTaskOptions,
  taskFunctions,
} from '@icconv/task';
import type { PoseConfig } from '../config/pose-config';
import { poseCategory } from '../data/coco-poses';
import { POSE, type PoseTypes } from '../task/pose-task';

export const DEFAULT_ESTIMATOR = 'mmpose/bottom-up-resnet50-640';

/** A name of the zoo, a trained model's folder, or a checkpoint with what it belongs to. */
export type EstimatorSource = ModelSource<PoseTypes>;

/** What both kinds of estimator can do: the one in this process, and the one in a process of its own. */
export interface PoseEstimator extends Runner<PoseTypes> {
  /** Names of the keypoints. */
  readonly keypoints: readonly string[];
  /** Finds people, or whatever the skeleton is of: `run` by another name. */
  readonly estimate: Runner<PoseTypes>['run'];
}

export interface LocalPoseEstimator extends PoseEstimator, LocalRunner<PoseTypes> {}

export interface TrainPoseOptions extends Omit<TrainTaskOptions<PoseTypes>, 'model'> {
  readonly config: PoseConfig;
  /** Name of the category. @defaultValue the one with the network's keypoints */
  readonly category?: string;
}

export interface EvaluatePoseOptions extends EvaluateTaskOptions<PoseTypes> {
  /** Name of the category. @defaultValue the one with the network's keypoints */
  readonly category?: string;
}

const functions = taskFunctions<PoseTypes, PoseEstimator, LocalPoseEstimator, TrainPoseOptions, EvaluatePoseOptions>(
  POSE,
  {
    defaultModel: DEFAULT_ESTIMATOR,
    hosted: () => moduleBeside(import.meta.url, 'hosted-estimator'),
    names: ({ model, run }) => ({ keypoints: model.config.skeleton.keypoints, estimate: run }),
    model: ({ config }) => ({ config }),
    data: (data, { category }) =>
      category === undefined ? data : { ...data, categoryIds: [poseCategory(data.dataset, category).id] },
  },
);

/**
 * Loads a pose estimator into this process. Its calls keep the event loop busy while TensorFlow works; `createRemotePoseEstimator` does not.
 *
 * @param source - by default mmpose's ResNet-50 at 640 pixels.
 * @throws InvalidArgumentError for a name that is not known; ModelFileError; WeightFormatError, StateDictMismatchError for files that are
 *   damaged or belong to another network; DownloadError.
 * @example
 * ```ts
 * const estimator = await createPoseEstimator('mmpose/bottom-up-resnet50-640');
 * const { poses } = await estimator.estimate('street.jpg', { scales: [2, 1, 0.5] });
 * for (const { score, keypoints } of poses) console.log(score, keypoints[0]); // { name: 'nose', x, y, score }
 * await estimator.dispose();
 * ```
 */
export const createPoseEstimator = functions.create;

/**
 * Loads a pose estimator into a child process. Same results as `createPoseEstimator`, while this process' event loop stays free: calls wait
 * their turn there. Should the child die, running calls fail with a RemoteExitError, and the next call starts another.
 *
 * @throws as `createPoseEstimator`, as RemoteError with the error's name and code.
 */
export const createRemotePoseEstimator = functions.createRemote;

/**
 * Trains, writing into the folder all that `createPoseEstimator` and a later run need: description, checkpoint, best and final weights by
 * mmpose's names, `results.csv`, curves.
 *
 * @throws as `trainTask`.
 * @example
 * ```ts
 * const config = poseConfig({ backbone: 18, skeleton: skeletonOf(poseCategory(dataset)) });
 * const recipe = { epochs: 30, batchSize: 4, learningRate: 1e-3 };
 * await trainPose({ config, recipe, train: { dataset, folder: 'images' }, folder: 'runs/bees' });
 * ```
 */
export const trainPose = functions.train;

/**
 * Network and recipe of a preset, for the data set to learn from.
 *
 * @param name - `small` trains from scratch on a laptop, `coco` is the published schedule.
 * @param changes - what differs, by the places of a configuration file.
 * @throws ConfigError where a value does not fit.
 */
export const posePreset = functions.preset;

/**
 * Poses of every picture, as COCO's results: keypoints in pixels of the picture, the box around them, the pose's score.
 *
 * @throws InvalidArgumentError for a category that is not there; ImageDecodeError with the file that cannot be read.
 */
export const estimateDataset = functions.find;

/**
 * COCO's keypoint metric of an estimator: `stats` holds AP, AP50, AP75, APmedium, APlarge, AR, ...; and the share of correct keypoints.
 *
 * @param source - one that runs, here or in another process; or what `createPoseEstimator` makes one from.
 * @example
 * ```ts
 * const { stats, pck } = await evaluatePose('runs/bees', { dataset, folder: 'images' });
 * ```
 */
export const evaluatePose = functions.evaluate;
