import { createWebRunner, type WebModelSource, type WebRunner, type WebRunnerOptions } from '@icconv/task/web';
import { POSE_NETWORK, type PoseNetwork } from '../task/pose-network';

export interface WebPoseEstimator extends WebRunner<PoseNetwork> {
  /** Names of the keypoints. */
  readonly keypoints: readonly string[];
  /** Finds people, or whatever the skeleton is of: `run` by another name. */
  readonly estimate: WebRunner<PoseNetwork>['run'];
}

/**
 * Loads a pose estimator into this page or worker, onto TensorFlow.js' backend: import one or several of `@tensorflow/tfjs-backend-webgpu`,
 * `-webgl` and `-wasm` before; the best that starts is taken, or the one of `tf.setBackend`.
 *
 * @param source - address of a trained model's folder or `model.json`, with the weights beside it or named.
 * @throws ModelFileError, WeightFormatError, StateDictMismatchError, each with the address; BackendUnavailableError.
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-webgl';
 *
 * const estimator = await createPoseEstimator({ model: '/models/figures/' });
 * const { poses } = await estimator.estimate(document.querySelector('canvas')!, { flip: false });
 * for (const { score, keypoints } of poses) console.log(score, keypoints);
 * ```
 */
export async function createPoseEstimator(
  source: string | URL | WebModelSource,
  options?: WebRunnerOptions,
): Promise<WebPoseEstimator> {
  const runner = await createWebRunner(POSE_NETWORK, source, options);
  return { ...runner, keypoints: runner.model.config.skeleton.keypoints, estimate: runner.run };
}
