/** Detectors ready for use. */
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
import { DETECTION, type DetectionTypes } from '../task/detection-task';

export const DEFAULT_DETECTOR = 'torchvision/fasterrcnn-resnet50-fpn-v2';

/** A name of the zoo, a trained model's folder, or a checkpoint with what it belongs to. */
export type DetectorSource = ModelSource<DetectionTypes>;

/** What both kinds of detector can do: the one in this process, and the one in a process of its own. */
export interface Detector extends Runner<DetectionTypes> {
  /** Names of the classes by number. */
  readonly classes: readonly string[];
  /** Finds objects: `run` by another name. */
  readonly detect: Runner<DetectionTypes>['run'];
}

export interface LocalDetector extends Detector, LocalRunner<DetectionTypes> {}

/**
 * Loads a detector into this process. Its calls keep the event loop busy while TensorFlow works; `createRemoteDetector` does not.
 *
 * @param source - by default torchvision's second Faster R-CNN with ResNet-50.
 * @throws InvalidArgumentError for a name that is not known; ModelFileError; WeightFormatError, StateDictMismatchError for files that are
 *   damaged or belong to another network; DownloadError.
 * @example
 * ```ts
 * const detector = await createDetector('torchvision/fasterrcnn-resnet50-fpn-v2');
 * const { detections } = await detector.detect('street.jpg', { scoreThreshold: 0.5 });
 * for (const { label, score, box } of detections) console.log(label, score, box);
 * await detector.dispose();
 * ```
 */
export async function createDetector(
  source: DetectorSource = DEFAULT_DETECTOR,
  options: RunnerOptions = {},
): Promise<LocalDetector> {
  return named(await createRunner(DETECTION, source, options));
}

/**
 * Loads a detector into a child process. Same results as `createDetector`, while this process' event loop stays free: calls wait
 * their turn there. Should the child die, running calls fail with a RemoteExitError, and the next call starts another.
 *
 * @throws as `createDetector`, as RemoteError with the error's name and code.
 * @example
 * ```ts
 * const detector = await createRemoteDetector('runs/cells');
 * // Bytes: a string would be a path or an address, and whoever sends requests would choose it.
 * server.post('/detect', async (request) => detector.detect(new Uint8Array(await request.arrayBuffer()), { signal: request.signal }));
 * ```
 */
export async function createRemoteDetector(
  source: RemoteSource<DetectionTypes> = DEFAULT_DETECTOR,
  options: RemoteRunnerOptions = {},
): Promise<Detector> {
  return named(await createRemoteRunner(DETECTION, moduleBeside(import.meta.url, 'hosted-detector'), source, options));
}

const named = <R extends Runner<DetectionTypes>>(runner: R): R & Detector => ({
  ...runner,
  classes: runner.model.classes,
  detect: runner.run,
});
