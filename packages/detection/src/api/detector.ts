/** Detectors: ready for use, trained, evaluated. */
import {
  classNames,
  type LocalRunner,
  type ModelSource,
  moduleBeside,
  type Runner,
  type TrainTaskOptions,
  taskFunctions,
} from '@icconv/task';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
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

export interface TrainDetectorOptions extends Omit<TrainTaskOptions<DetectionTypes>, 'model' | 'evaluation'> {
  readonly config: FasterRcnnConfig;
  /** Names of the classes by number. @defaultValue the training set's categories by ascending id */
  readonly classes?: readonly string[];
}

const functions = taskFunctions<DetectionTypes, Detector, LocalDetector, TrainDetectorOptions>(DETECTION, {
  defaultModel: DEFAULT_DETECTOR,
  hosted: () => moduleBeside(import.meta.url, 'hosted-detector'),
  names: ({ model, run }) => ({ classes: model.classes, detect: run }),
  model({ config, train, classes = classNames(train.dataset) }) {
    if (classes.length === config.classes) return { config, classes };
    throw new InvalidArgumentError('trainDetector', 'classes', classes, `${config.classes} names, as the network has`);
  },
});

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
export const createDetector = functions.create;

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
export const createRemoteDetector = functions.createRemote;

/**
 * Trains, writing into the folder all that `createDetector` and a later run need: description, checkpoint, best and final weights by
 * torchvision's names, `results.csv`, curves.
 *
 * @throws as `trainTask`; InvalidArgumentError where classes and network do not fit.
 * @example
 * ```ts
 * const config = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3 });
 * const recipe = { epochs: 12, batchSize: 2, learningRate: 0.01 };
 * await trainDetector({ config, recipe, train: { dataset, folder: 'images' }, folder: 'runs/cells' });
 * ```
 */
export const trainDetector = functions.train;

/**
 * Network, names of the classes and recipe of a preset, for the data set to learn from.
 *
 * @param name - `small` trains from scratch on a laptop, `coco-1x` is the published schedule.
 * @param changes - what differs, by the places of a configuration file.
 * @throws ConfigError where a value does not fit.
 */
export const detectorPreset = functions.preset;

/**
 * Detections of every picture, as COCO's results: boxes [x, y, width, height] in pixels of the picture, category ids of the data set. Those
 * of classes that the data set lacks are left out.
 *
 * @throws InvalidArgumentError where data and network do not fit; ImageDecodeError with the file that cannot be read.
 */
export const detectDataset = functions.find;

/**
 * COCO's box metric of a detector: `stats` holds AP, AP50, AP75, APsmall, ..., AR100.
 *
 * @param source - one that runs, here or in another process; or what `createDetector` makes one from.
 * @example
 * ```ts
 * const { stats } = await evaluateDetector('runs/cells', { dataset, folder: 'images' });
 * ```
 */
export const evaluateDetector = functions.evaluate;
