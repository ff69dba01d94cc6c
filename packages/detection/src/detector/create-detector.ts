/** A detector ready for use: decoding, preparation, network, and results in pixels of the pictures. */
import { setImmediate } from 'node:timers/promises';
import { DisposedError } from '@icconv/base';
import { type DecodedImage, type DecodeOptions, decodeAhead, type ImageInput } from '@icconv/base/pictures';
import { type EngineDevice, useEngine } from '@icconv/tensor-ops/engine';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { type CompiledFasterRcnn, compileFasterRcnn } from '../network/compile-faster-rcnn';
import { loadCompiledFasterRcnn } from '../weights/detector-weights';
import { completeOptions } from './detect-options';
import { detectPicture } from './detect-picture';
import { type DetectorSource, resolveDetector } from './detector-source';
import type { DetectionResult, Detector } from './types';

export type DetectorOptions = DetectorSource & {
  /** @defaultValue `'auto'`: CUDA, then native CPU, then wasm */
  readonly device?: EngineDevice;
  /** Threads of TensorFlow. @defaultValue all processors */
  readonly threads?: number;
  /** For every call that does not say otherwise. A server that hands on strangers' input has `{ accept: ['bytes', 'pixels'] }`. */
  readonly decode?: Omit<DecodeOptions, 'signal'>;
  readonly signal?: AbortSignal;
} & Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'>;

export interface LocalDetector extends Detector {
  readonly config: FasterRcnnConfig;
  /** For those who want features, logits or deltas. */
  readonly network: CompiledFasterRcnn;
}

/**
 * Loads a detector into this process. Its calls keep the event loop busy while TensorFlow works; `createRemoteDetector` does not.
 *
 * @throws WeightFormatError, StateDictMismatchError for files that are damaged or belong to another network; ModelFileError;
 *   InvalidArgumentError.
 * @example
 * ```ts
 * const detector = await createDetector({ model: 'runs/cells' });
 * const [result] = await detector.detect('smear.jpg', { scoreThreshold: 0.5 });
 * for (const { label, score, box } of result.detections) console.log(label, score, box);
 * await detector.dispose();
 * ```
 */
export async function createDetector(options: DetectorOptions): Promise<LocalDetector> {
  const { device = 'auto', threads, signal, opaqueClasses, limits } = options;
  const { config, classes, weights } = await resolveDetector(options);
  await useEngine({ device, ...(threads !== undefined && { threads }) });
  const network =
    typeof weights === 'string'
      ? await loadCompiledFasterRcnn(weights, config, {
          opaqueClasses,
          limits,
          ...(signal !== undefined && { signal }),
        })
      : compileFasterRcnn(weights, config);
  let disposed = false;
  const checkAlive = () => {
    if (disposed) throw new DisposedError('detect', 'the detector', 'create another');
  };

  return {
    classes,
    config,
    network,
    async detect(images, detectOptions = {}) {
      checkAlive();
      const {
        scoreThreshold,
        maxDetections,
        batchSize,
        onError,
        decode,
        signal: stop,
      } = completeOptions(detectOptions);
      const results: DetectionResult[] = [];
      const reading = { ...options.decode, ...decode, ahead: batchSize, ...(stop !== undefined && { signal: stop }) };
      for await (const picture of decodeAhead(listOf(images), reading)) {
        checkAlive();
        if (picture instanceof Error) {
          if (onError === 'throw') throw picture;
          const { code, message } = picture;
          results.push({ width: 0, height: 0, detections: [], error: { code, message } });
          continue;
        }
        const found = detectPicture(network, picture, config);
        // Scores descend.
        const wanted = found.filter(({ score }) => score >= scoreThreshold).slice(0, maxDetections);
        results.push(resultOf(picture, wanted, classes));
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

const listOf = (images: ImageInput | readonly ImageInput[]): readonly ImageInput[] =>
  Array.isArray(images) ? images : [images as ImageInput];

function resultOf(
  { width, height }: DecodedImage,
  found: ReturnType<typeof detectPicture>,
  classes: readonly string[],
): DetectionResult {
  return { width, height, detections: found.map((one) => ({ ...one, label: classes[one.classId]! })) };
}
