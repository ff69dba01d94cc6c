/** A detector ready for use: decoding, preparation, network, and results in pixels of the pictures. */
import { setImmediate } from 'node:timers/promises';
import { decodeImage, type ImageInput } from '@icconv/base/pictures';
import type { DilationPattern } from '@icconv/inception-conv';
import { type PatternName, type ResNetConfig, type ResNetDepth, resnetConfig, type StateDict } from '@icconv/models';
import { ModelFileError } from '@icconv/models/files';
import { InvalidArgumentError, type RgbImage } from '@icconv/tensor-ops';
import { type EngineDevice, useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { readDetectorModel } from '../config/model-file';
import { fasterRcnnConfig, type Preset } from '../config/presets';
import { preparePictures } from '../input/prepare-pictures';
import { type CompiledFasterRcnn, compileFasterRcnn } from '../network/compile-faster-rcnn';
import type { Detections } from '../roi-heads/select-detections';
import { loadCompiledFasterRcnn } from '../weights/detector-weights';
import type { DetectionResult, DetectOptions, Detector } from './types';

/** A trained detector's folder, as `icconv train detection` writes it. */
export interface FolderSource {
  readonly model: string;
  /** @defaultValue model, best or final.safetensors in the folder */
  readonly weights?: string;
}

/** A checkpoint, and what it belongs to. */
export interface CheckpointSource {
  /** A depth for an ordinary ResNet. */
  readonly backbone: ResNetConfig | ResNetDepth;
  /** Dilations of the backbone's 3x3 convolutions. @defaultValue plain convolutions */
  readonly pattern?: PatternName | DilationPattern;
  /** A file of torchvision, mmdetection, detectron2 or our own; or loaded weights by torchvision's names, which stay the caller's. */
  readonly weights: string | StateDict;
  /** Names of the classes by number, or their number. */
  readonly classes: readonly string[] | number;
  /** Whose conventions. @defaultValue `'torchvision'` */
  readonly preset?: Preset;
}

/** As {@link CheckpointSource}, for networks that differ from the presets. */
export interface ConfigSource {
  readonly config: FasterRcnnConfig;
  readonly weights: string | StateDict;
  readonly classes: readonly string[];
}

export type DetectorSource = FolderSource | CheckpointSource | ConfigSource;

export type DetectorOptions = DetectorSource & {
  /** @defaultValue `'auto'`: CUDA, then native CPU, then wasm */
  readonly device?: EngineDevice;
  /** Threads of TensorFlow. @defaultValue all processors */
  readonly threads?: number;
  readonly signal?: AbortSignal;
};

export interface LocalDetector extends Detector {
  readonly config: FasterRcnnConfig;
  /** For those who want features, logits or deltas. */
  readonly network: CompiledFasterRcnn;
}

/**
 * Loads a detector into this process. Its calls keep the event loop busy while TensorFlow works; `createRemoteDetector` does not.
 *
 * @throws WeightFormatError, StateDictMismatchError for files that are damaged or belong to another network; {@link ModelFileError};
 *   {@link InvalidArgumentError}.
 * @example
 * ```ts
 * const detector = await createDetector({ model: 'runs/cells' });
 * const [result] = await detector.detect('smear.jpg', { scoreThreshold: 0.5 });
 * for (const { label, score, box } of result.detections) console.log(label, score, box);
 * await detector.dispose();
 * ```
 */
export async function createDetector(options: DetectorOptions): Promise<LocalDetector> {
  const { device = 'auto', threads, signal } = options;
  const { config, classes, weights } = await resolve(options);
  if (classes.length !== config.classes) {
    throw new InvalidArgumentError(
      'createDetector',
      'classes',
      classes.length,
      `the network's ${config.classes} names`,
    );
  }
  await useEngine({ device, ...(threads !== undefined && { threads }) });
  const network =
    typeof weights === 'string'
      ? await loadCompiledFasterRcnn(weights, config, { ...(signal !== undefined && { signal }) })
      : compileFasterRcnn(weights, config);
  let disposed = false;

  return {
    classes,
    config,
    network,
    async detect(images, detectOptions = {}) {
      if (disposed)
        throw new InvalidArgumentError('detect', 'detector', 'disposed', 'a detector that was not disposed');
      const list = isList(images) ? images : [images];
      const { batchSize = 1, scoreThreshold = 0, maxDetections = Number.POSITIVE_INFINITY } = detectOptions;
      if (!Number.isInteger(batchSize) || batchSize < 1) {
        throw new InvalidArgumentError('detect', 'batchSize', batchSize, 'a whole number of at least 1');
      }
      const results: DetectionResult[] = [];
      // While TensorFlow works on one batch, sharp's threads decode the next.
      let next = decodeAll(list.slice(0, batchSize), detectOptions);
      for (let start = 0; start < list.length; start += batchSize) {
        const pictures = await next;
        next = decodeAll(list.slice(start + batchSize, start + 2 * batchSize), detectOptions);
        next.catch(() => {});
        detectOptions.signal?.throwIfAborted();
        results.push(...detectPictures(network, config, pictures, { classes, scoreThreshold, maxDetections }));
        // Let timers and other requests in.
        await setImmediate();
      }
      return results;
    },
    async dispose() {
      if (!disposed) network.dispose();
      disposed = true;
    },
  };
}

interface Resolved {
  readonly config: FasterRcnnConfig;
  readonly classes: readonly string[];
  readonly weights: string | StateDict;
}

async function resolve(options: DetectorSource): Promise<Resolved> {
  if ('model' in options) {
    const found = await readDetectorModel(options.model);
    const weights = options.weights ?? found.weights;
    if (weights === undefined) throw new ModelFileError(options.model, 'no weights beside the description');
    return { config: found.config, classes: found.classes, weights };
  }
  if ('config' in options) return options;
  const { backbone, pattern, weights, classes, preset } = options;
  const plain = typeof backbone === 'number' ? resnetConfig(backbone) : backbone;
  const full: ResNetConfig = pattern === undefined ? plain : { ...plain, conv: { kind: 'inception', pattern } };
  const names = typeof classes === 'number' ? Array.from({ length: classes }, (_, i) => `class ${i}`) : classes;
  const config = fasterRcnnConfig({
    backbone: full,
    classes: names.length,
    ...(preset !== undefined && { preset }),
  });
  return { config, classes: names, weights };
}

const isList = (images: ImageInput | readonly ImageInput[]): images is readonly ImageInput[] => Array.isArray(images);

async function decodeAll(images: readonly ImageInput[], { decode = {}, signal }: DetectOptions): Promise<RgbImage[]> {
  return Promise.all(images.map((image) => decodeImage(image, { ...decode, ...(signal !== undefined && { signal }) })));
}

interface Selection {
  readonly classes: readonly string[];
  readonly scoreThreshold: number;
  readonly maxDetections: number;
}

function detectPictures(
  network: CompiledFasterRcnn,
  config: FasterRcnnConfig,
  pictures: readonly RgbImage[],
  selection: Selection,
): DetectionResult[] {
  const { images, sizes } = preparePictures(pictures, config.input);
  let found: Detections[] = [];
  try {
    found = network.detect(images, sizes);
    return found.map((one, i) => toResult(one, pictures[i]!, sizes[i]!, selection));
  } finally {
    tf.dispose([images, found.map(({ boxes, scores, classes }) => [boxes, scores, classes])]);
  }
}

function toResult(
  { boxes, scores, classes }: Detections,
  { width, height }: RgbImage,
  [inputHeight, inputWidth]: readonly [number, number],
  { classes: names, scoreThreshold, maxDetections }: Selection,
): DetectionResult {
  const [corners, score, label] = [boxes.dataSync(), scores.dataSync(), classes.dataSync()];
  const [toX, toY] = [width / inputWidth, height / inputHeight];
  const detections: DetectionResult['detections'] = [];
  // Scores descend.
  for (let i = 0; i < score.length && i < maxDetections && score[i]! >= scoreThreshold; i++) {
    const at = 4 * i;
    const box = [corners[at]! * toX, corners[at + 1]! * toY, corners[at + 2]! * toX, corners[at + 3]! * toY] as const;
    detections.push({ box, score: score[i]!, classId: label[i]!, label: names[label[i]!]! });
  }
  return { width, height, detections };
}
