/** Pose estimators ready for use. */
import {
  createRemoteRunner,
  createRunner,
  type LocalRunner,
  type ModelSource,
  moduleBeside,
  type RemoteRunnerOptions,
  type RemoteSource,
  type Runner,
  type RunnerOptions,
} from '@icconv/task';
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
export async function createPoseEstimator(
  source: EstimatorSource = DEFAULT_ESTIMATOR,
  options: RunnerOptions = {},
): Promise<LocalPoseEstimator> {
  return named(await createRunner(POSE, source, options));
}

/**
 * Loads a pose estimator into a child process. Same results as `createPoseEstimator`, while this process' event loop stays free: calls wait
 * their turn there. Should the child die, running calls fail with a RemoteExitError, and the next call starts another.
 *
 * @throws as `createPoseEstimator`, as RemoteError with the error's name and code.
 */
export async function createRemotePoseEstimator(
  source: RemoteSource<PoseTypes> = DEFAULT_ESTIMATOR,
  options: RemoteRunnerOptions = {},
): Promise<PoseEstimator> {
  return named(await createRemoteRunner(POSE, moduleBeside(import.meta.url, 'hosted-estimator'), source, options));
}

const named = <R extends Runner<PoseTypes>>(runner: R): R & PoseEstimator => ({
  ...runner,
  keypoints: runner.model.config.skeleton.keypoints,
  estimate: runner.run,
});
