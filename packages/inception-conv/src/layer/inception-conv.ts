/**
 * The inception layer as plain functions: a config, weights under PyTorch's names in TensorFlow's layouts, and a forward pass.
 *
 * Letters: N images, H x W input map, OH x OW output map, C input and O output channels, K kernel size, G groups.
 */
import { type ConvActivation, InvalidArgumentError, inceptionConv2d, type Pair } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Dilation } from '../pattern/dilation-pattern';

/** An inception layer; what is left out takes the value named. */
export interface InceptionConvConfig {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Dilation of each output channel, or of each group. */
  readonly dilations: readonly Dilation[];
  /** Odd; 3. */
  readonly kernelSize?: number;
  /** Step between outputs, one number or [height, width]; 1. */
  readonly strides?: number | Pair;
  /** 1. */
  readonly groups?: number;
  /** Whether there is a bias; `false`, as a batch normalisation usually follows. */
  readonly useBias?: boolean;
  /** `linear`. */
  readonly activation?: ConvActivation;
}

/** Weights of an inception layer. */
export interface InceptionConvWeights {
  /** float32 [K, K, C/G, O]. */
  readonly weight: Tensor4D;
  /** float32 [O]. */
  readonly bias?: Tensor1D;
}

/** Options of {@link initInceptionConv}; what is left out takes the value named. */
export interface InitInceptionConvOptions {
  /** Same seed, same weights; a random one. */
  readonly seed?: number;
  /** `fanOut` keeps the gradients' variance through the layer, `fanIn` that of the activations; `fanOut`. */
  readonly mode?: 'fanIn' | 'fanOut';
}

/**
 * He-normal weights and a bias of zeros.
 *
 * The fan is that of the whole layer: a channel's initial scale does not depend on how many others share its dilation. (One convolution
 * per dilation, each initialised alone, gives a lone channel a standard deviation of 0.47 where a plain layer of 64 has 0.06.)
 *
 * @returns tensors that the caller disposes.
 * @throws {@link InvalidArgumentError}
 */
export function initInceptionConv(
  config: InceptionConvConfig,
  options: InitInceptionConvOptions = {},
): InceptionConvWeights {
  const { inChannels, outChannels, kernelSize = 3, groups = 1, useBias = false } = config;
  const op = 'initInceptionConv';
  for (const [name, value] of Object.entries({ inChannels, outChannels, kernelSize, groups })) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new InvalidArgumentError(op, name, value, 'a positive whole number');
    }
  }
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new InvalidArgumentError(
      op,
      'groups',
      groups,
      `a divisor of ${inChannels} input and ${outChannels} output channels`,
    );
  }
  const taps = kernelSize ** 2;
  const fan = options.mode === 'fanIn' ? (taps * inChannels) / groups : taps * outChannels;
  const shape: [number, number, number, number] = [kernelSize, kernelSize, inChannels / groups, outChannels];
  const weight = tf.randomNormal<tf.Rank.R4>(shape, 0, Math.sqrt(2 / fan), 'float32', options.seed);
  return useBias ? { weight, bias: tf.zeros([outChannels]) } : { weight };
}

/**
 * The layer's forward pass; differentiable.
 *
 * @param weights - as {@link initInceptionConv} makes them; not disposed.
 * @param x - float32 [N, H, W, C].
 * @returns float32 [N, OH, OW, O] with OH = floor((H - 1)/stride) + 1. The caller disposes it.
 */
export function applyInceptionConv(weights: InceptionConvWeights, x: Tensor4D, config: InceptionConvConfig): Tensor4D {
  const { dilations, strides = 1, groups = 1, activation = 'linear' } = config;
  const { weight, bias } = weights;
  return inceptionConv2d(x, weight, {
    dilations,
    strides,
    groups,
    activation,
    ...(bias === undefined ? {} : { bias }),
  });
}
