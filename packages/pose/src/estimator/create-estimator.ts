/** A pose estimator ready for use: decoding, preparation, network, grouping, and results in pixels of the pictures. */
import { setImmediate } from 'node:timers/promises';
import { DisposedError } from '@icconv/base';
import { type DecodeOptions, decodeAhead, type ImageInput } from '@icconv/base/pictures';
import type { DilationPattern } from '@icconv/inception-conv';
import { type PatternName, type ResNetConfig, type ResNetDepth, resnetConfig, type StateDict } from '@icconv/models';
import { ModelFileError } from '@icconv/models/files';
import { type EngineDevice, useEngine } from '@icconv/tensor-ops/engine';
import type { OpenWeightsOptions } from '@icconv/tensor-ops/weights';
import { readPoseModel } from '../config/model-file';
import { type PoseConfig, poseConfig } from '../config/pose-config';
import { type CompiledPose, compilePose } from '../network/compile-pose';
import type { Skeleton } from '../skeleton/skeleton';
import { loadCompiledPose } from '../weights/pose-weights';
import { checkDivisor, checkOptions, estimatePicture } from './estimate-picture';
import type { PoseEstimator, PoseResult } from './types';

/** A trained estimator's folder, as `icconv train pose` writes it. */
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
  /** A file of mmpose 0.x or our own; or loaded weights by mmpose's names, which stay the caller's. */
  readonly weights: string | StateDict;
  /** @defaultValue COCO's 17 keypoints */
  readonly skeleton?: Skeleton;
}

/** As {@link CheckpointSource}, for networks that differ from mmpose's. */
export interface ConfigSource {
  readonly config: PoseConfig;
  readonly weights: string | StateDict;
}

export type EstimatorSource = FolderSource | CheckpointSource | ConfigSource;

export type EstimatorOptions = EstimatorSource & {
  /** @defaultValue `'auto'`: CUDA, then native CPU, then wasm */
  readonly device?: EngineDevice;
  /** Threads of TensorFlow. @defaultValue all processors */
  readonly threads?: number;
  /** For every call that does not say otherwise. A server that hands on strangers' input has `{ accept: ['bytes', 'pixels'] }`. */
  readonly decode?: Omit<DecodeOptions, 'signal'>;
  readonly signal?: AbortSignal;
} & Pick<OpenWeightsOptions, 'opaqueClasses' | 'limits'>;

export interface LocalPoseEstimator extends PoseEstimator {
  readonly config: PoseConfig;
  /** For those who want heatmaps and tags. */
  readonly network: CompiledPose;
}

/**
 * Loads a pose estimator into this process. Its calls keep the event loop busy while TensorFlow works; `createRemotePoseEstimator` does not.
 *
 * @throws WeightFormatError, StateDictMismatchError for files that are damaged or belong to another network; {@link ModelFileError};
 *   InvalidArgumentError.
 * @example
 * ```ts
 * const estimator = await createPoseEstimator({ backbone: 50, weights: 'res50_coco_640x640.pth' });
 * const [result] = await estimator.estimate('street.jpg', { scales: [2, 1, 0.5] });
 * for (const { score, keypoints } of result.poses) console.log(score, keypoints[0]); // { name: 'nose', x, y, score }
 * await estimator.dispose();
 * ```
 */
export async function createPoseEstimator(options: EstimatorOptions): Promise<LocalPoseEstimator> {
  const { device = 'auto', threads, signal, opaqueClasses, limits } = options;
  const { config, weights } = await resolve(options);
  checkDivisor(config);
  await useEngine({ device, ...(threads !== undefined && { threads }) });
  const network =
    typeof weights === 'string'
      ? await loadCompiledPose(weights, config, { opaqueClasses, limits, ...(signal !== undefined && { signal }) })
      : compilePose(weights, config);
  let disposed = false;
  const checkAlive = () => {
    if (disposed) throw new DisposedError('estimate', 'the estimator', 'create another');
  };

  return {
    keypoints: config.skeleton.keypoints,
    config,
    network,
    async estimate(images, estimateOptions = {}) {
      checkAlive();
      checkOptions(estimateOptions);
      const { batchSize = 2, onError = 'throw', decode, signal: stop } = estimateOptions;
      const results: PoseResult[] = [];
      const reading = { ...options.decode, ...decode, ahead: batchSize, ...(stop !== undefined && { signal: stop }) };
      for await (const picture of decodeAhead(listOf(images), reading)) {
        checkAlive();
        if (picture instanceof Error) {
          if (onError === 'throw') throw picture;
          const { code, message } = picture;
          results.push({ width: 0, height: 0, poses: [], error: { code, message } });
          continue;
        }
        results.push(estimatePicture(network, picture, config, estimateOptions));
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

async function resolve(options: EstimatorSource): Promise<ConfigSource> {
  if ('model' in options) {
    const found = await readPoseModel(options.model);
    const weights = options.weights ?? found.weights;
    if (weights === undefined) throw new ModelFileError(options.model, 'no weights beside the description');
    return { config: found.config, weights };
  }
  if ('config' in options) return options;
  const { backbone, pattern, weights, skeleton } = options;
  const plain = typeof backbone === 'number' ? resnetConfig(backbone) : backbone;
  const full: ResNetConfig = pattern === undefined ? plain : { ...plain, conv: { kind: 'inception', pattern } };
  return { config: poseConfig({ backbone: full, ...(skeleton !== undefined && { skeleton }) }), weights };
}

const listOf = (images: ImageInput | readonly ImageInput[]): readonly ImageInput[] =>
  Array.isArray(images) ? images : [images as ImageInput];
