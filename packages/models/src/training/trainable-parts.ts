/** Which weights a training changes, and which batch norms take the batch's statistics. */
import { isStatistic } from '../resnet/features';

export interface FreezingConfig {
  /**
   * Parts of the backbone that stay as they are, counted as in detectron2: 0 none, 1 the stem, 2 stem and layer1, ..., 5 all of it.
   * @defaultValue `0`
   */
  readonly freezeAt?: 0 | 1 | 2 | 3 | 4 | 5;
  /**
   * Batch norms of the backbone: `train` takes the batch's statistics, `eval` the running ones and trains scale and shift
   * (mmdetection's `norm_eval`), `frozen` trains nothing (torchvision's `FrozenBatchNorm2d`). Those of frozen parts are always frozen.
   * @defaultValue `'train'`
   */
  readonly norms?: 'train' | 'eval' | 'frozen';
}

export interface TrainableParts {
  readonly trainable: (name: string) => boolean;
  /** By the norm's name, without `.weight` or `.bias`. */
  readonly batchNorm: (norm: string) => boolean;
}

/** A norm of a ResNet: `bn1` and its like, and those of the shortcuts. */
const NORM = /(?:^|\.)(?:bn\d|downsample\.1)(?=\.|$)/;

/** @param prefix - of the backbone's names among the network's. */
export function trainableParts(prefix: string, options: FreezingConfig = {}): TrainableParts {
  const { freezeAt = 0, norms = 'train' } = options;
  const stageOf = (name: string): number => {
    const layer = /^layer(\d)\./.exec(name);
    return layer === null ? 1 : Number(layer[1]) + 1;
  };
  const inBackbone = (name: string) => name.startsWith(prefix);
  const frozenStage = (name: string) => inBackbone(name) && stageOf(name.slice(prefix.length)) <= freezeAt;
  return {
    trainable(name) {
      if (isStatistic(name) || frozenStage(name)) return false;
      return !(norms === 'frozen' && inBackbone(name) && NORM.test(name));
    },
    batchNorm: (norm) => !frozenStage(norm) && (norms === 'train' || !inBackbone(norm)),
  };
}
