/** The backbone of a registered checkpoint, ready for `resnet` or `compileForInference`. */
import { loadStateDict } from '@icconv/tensor-ops/weights';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ResNetConfig } from '../config/resnet-config';
import { renameFrom, resnetNames } from '../names/names';
import { resnetShapes } from '../resnet/features';
import { type FetchedModel, type FetchModelOptions, fetchModel } from './fetch-model';
import type { ModelEntry } from './model-entry';

export interface LoadBackboneOptions extends FetchModelOptions {
  /** False leaves the classifier away. @defaultValue `true` */
  readonly classifier?: boolean;
}

export interface LoadedBackbone extends FetchedModel {
  readonly config: ResNetConfig;
  /** As `resnet` takes them; the caller disposes them. */
  readonly weights: Record<string, Tensor>;
}

/**
 * Fetches a checkpoint and loads its backbone: of a detector or pose network, what stands under its heads.
 *
 * @throws as {@link fetchModel}; StateDictMismatchError when the file does not fit the entry's config.
 * @example
 * ```ts
 * const { weights, config, entry } = await loadBackbone('torchvision/resnet50-v2');
 * const network = compileForInference(weights, config);
 * ```
 */
export async function loadBackbone(
  model: string | ModelEntry,
  options: LoadBackboneOptions = {},
): Promise<LoadedBackbone> {
  const { classifier = true, ...rest } = options;
  const fetched = await fetchModel(model, rest);
  const { classes, ...backbone } = fetched.entry.config;
  const config = classifier && classes !== undefined ? { ...backbone, classes } : backbone;
  const { style, prefix } = fetched.entry;
  const weights = await loadStateDict(fetched.path, {
    ...(prefix !== '' && { prefix }),
    rename: renameFrom(resnetNames(config, style)),
    expected: resnetShapes(config),
    ...(options.signal && { signal: options.signal }),
  });
  return { ...fetched, config, weights };
}
