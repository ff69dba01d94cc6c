/** The backbone of a published classifier, ready for `resnet` or `compileForInference`. */
import { defined } from '@icconv/base';
import type { ResNetConfig, StateDict } from '@icconv/models';
import { loadResNetWeights } from '@icconv/models/files';
import { BACKBONES, type BackboneRow } from './backbones';
import { type FetchedModel, type FetchModelOptions, fetchRow } from './fetch-row';
import { findRow } from './find-row';

export interface LoadBackboneOptions extends FetchModelOptions {
  /** False leaves the classifier away. @defaultValue `true` */
  readonly classifier?: boolean;
}

export interface LoadedBackbone extends FetchedModel {
  readonly config: ResNetConfig;
  /** As `resnet` takes them; the caller disposes them. */
  readonly weights: StateDict;
}

/** Of ImageNet. */
export const IMAGENET_CLASSES = 1000;

/**
 * Fetches a checkpoint and loads it.
 *
 * @param model - a name of {@link BACKBONES}, or a row of your own.
 * @throws as {@link fetchRow}; StateDictMismatchError when the file does not fit the row's config.
 * @example
 * ```ts
 * const { weights, config } = await loadBackbone('torchvision/resnet50-v2');
 * const network = compileForInference(weights, config);
 * ```
 */
export async function loadBackbone(
  model: string | BackboneRow,
  options: LoadBackboneOptions = {},
): Promise<LoadedBackbone> {
  const { classifier = true, ...rest } = options;
  const row = typeof model === 'string' ? findRow(BACKBONES, model, 'backbone') : model;
  const fetched = await fetchRow(row, rest);
  const { backbone } = row.model.config;
  const config = classifier ? { classes: IMAGENET_CLASSES, ...backbone } : backbone;
  const { signal } = options;
  const weights = await loadResNetWeights(fetched.path, config, defined({ signal }));
  return { ...fetched, config, weights };
}
