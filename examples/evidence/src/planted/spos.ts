/** Single path one-shot search: one super-kernel whose weights all dilations share, trained with a pattern drawn evenly for each update. */
import type { Dilation } from '@icconv/inception-conv';
import { lossGradients } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type Choices, drawDilations, tapsOf } from '../sampling';
import type { Planted } from './config';
import { type Convolution, crossEntropy, hiddenChannels, logits } from './network';
import type { Step } from './train';

export const choicesOf = (config: Planted): Choices => ({
  channels: hiddenChannels(config),
  maxDilation: config.data.maxDilation,
});

/** The super-kernel with all other taps at zero. */
export const masked =
  (dilations: readonly Dilation[], { data }: Planted): Convolution =>
  (weights, x) =>
    tf.conv2d(
      x,
      tf.mul(weights['conv.weight'] as Tensor4D, tapsOf(dilations, data.maxDilation)) as Tensor4D,
      1,
      'same',
    );

export const sposStep =
  (config: Planted): Step =>
  (weights, { images, labels }, { random }, watch) => {
    const convolution = masked(drawDilations(choicesOf(config), random), config);
    return lossGradients(
      weights,
      () => true,
      (current) => {
        const loss = crossEntropy(logits(current, images, convolution, config), labels);
        watch();
        return { losses: { loss } };
      },
    );
  };
