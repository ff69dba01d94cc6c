import { createWebRunner, type WebModelSource, type WebRunner, type WebRunnerOptions } from '@icconv/task/web';
import { DETECTION_NETWORK, type DetectionNetwork } from '../task/detection-network';

export interface WebDetector extends WebRunner<DetectionNetwork> {
  /** Names of the classes by number. */
  readonly classes: readonly string[];
  /** Finds objects: `run` by another name. */
  readonly detect: WebRunner<DetectionNetwork>['run'];
}

/**
 * Loads a detector into this page or worker, onto TensorFlow.js' backend: import one or several of `@tensorflow/tfjs-backend-webgpu`, `-webgl`
 * and `-wasm` before; the best that starts is taken, or the one of `tf.setBackend`.
 *
 * @param source - address of a trained model's folder or `model.json`, with the weights beside it or named.
 * @throws ModelFileError, WeightFormatError, StateDictMismatchError, each with the address; BackendUnavailableError.
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-webgl';
 *
 * const detector = await createDetector({ model: '/models/digits/' });
 * const { detections } = await detector.detect(document.querySelector('img')!, { scoreThreshold: 0.5 });
 * for (const { label, score, box } of detections) console.log(label, score, box);
 * ```
 */
export async function createDetector(
  source: string | URL | WebModelSource,
  options?: WebRunnerOptions,
): Promise<WebDetector> {
  const runner = await createWebRunner(DETECTION_NETWORK, source, options);
  return { ...runner, classes: runner.model.classes, detect: runner.run };
}
