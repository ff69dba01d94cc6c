/** Which weights a training changes, and which batch norms take the batch's statistics. */
import type { ResNetConfig } from '../config/resnet-config';
import { convShapes } from '../layers/conv-layer';
import { NORM_PARTS } from '../layers/norm-layer';
import { resnetConvs } from '../resnet/blocks';
import { isStatistic } from '../resnet/features';

export interface FreezingConfig {
  /**
   * Parts of the backbone that stay as they are, counted as in detectron2: 0 none, 1 the stem, 2 stem and layer1, ..., 5 all of it.
   * @defaultValue `0`
   */
  readonly freezeAt?: 0 | 1 | 2 | 3 | 4 | 5;
  /**
   * Batch norms of the backbone: `train` takes the batch's statistics, `synchronised` those of the batches of all workers of a cluster, `eval` the running ones and trains scale and shift
   * (mmdetection's `norm_eval`), `frozen` trains nothing (torchvision's `FrozenBatchNorm2d`). Those of frozen parts are always frozen.
   * @defaultValue `'train'`
   */
  readonly norms?: 'train' | 'synchronised' | 'eval' | 'frozen';
}

export interface TrainableParts {
  readonly trainable: (name: string) => boolean;
  /** By the norm's name, without `.weight` or `.bias`. */
  readonly batchNorm: (norm: string) => boolean;
}

/**
 * @param config - of the backbone.
 * @param prefix - of the backbone's names among the network's. Names that are no backbone's, a classifier `fc` among them, are trained.
 * @throws {@link InvalidArgumentError} for a wrong config.
 */
export function trainableParts(config: ResNetConfig, prefix: string, options: FreezingConfig = {}): TrainableParts {
  const { freezeAt = 0, norms = 'train' } = options;
  /** Weights that stay as they are. */
  const frozen = new Set<string>();
  /** Norms that do not take the batch's statistics. */
  const running = new Set<string>();
  for (const conv of resnetConvs(config)) {
    const part = 1 + (conv.block?.stage ?? 0);
    const scale = conv.norm === undefined ? [] : NORM_PARTS.map((name) => `${conv.norm}.${name}`);
    const kept = part <= freezeAt ? Object.keys(convShapes([conv])) : norms === 'frozen' ? scale : [];
    for (const name of kept) frozen.add(prefix + name);
    if (conv.norm !== undefined && (part <= freezeAt || norms === 'eval' || norms === 'frozen'))
      running.add(prefix + conv.norm);
  }
  return {
    trainable: (name) => !isStatistic(name) && !frozen.has(name),
    batchNorm: (norm) => !running.has(norm),
  };
}
