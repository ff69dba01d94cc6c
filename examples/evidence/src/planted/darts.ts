/**
 * Differentiable architecture search over the d^2 dilations of each hidden channel.
 *
 * The first layer is a sum over dilated convolutions with kernels of their own, weighted for each channel by a softmax over `alpha` [O, d^2].
 * As in DARTS of first order, kernels learn from one half of the data and `alpha` from the other. The strongest dilation is kept, with its
 * kernel.
 *
 * Source: Liu, Simonyan, Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, arXiv 1806.09055.
 */
import { allDilations } from '@icconv/edo';
import type { Dilation } from '@icconv/inception-conv';
import { inceptionConv2d } from '@icconv/tensor-ops';
import { lossGradients, type StateDict, seededRandom } from '@icconv/training';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { Planted } from './config';
import { type Convolution, crossEntropy, hiddenChannels, initKernel, initReadout, logits } from './network';
import type { Step } from './train';

const candidate = (i: number) => `candidate.${i}.weight`;

export function initDarts(config: Planted, seed: number): StateDict {
  const random = seededRandom(seed, 'darts');
  const dilations = allDilations(config.data.maxDilation);
  const kernels = dilations.map((_, i) => [candidate(i), initKernel(3, config, random)] as const);
  const alpha = tf.zeros([hiddenChannels(config), dilations.length]);
  return { ...Object.fromEntries(kernels), alpha, ...initReadout(config, random) };
}

function mixture(config: Planted): Convolution {
  const dilations = allDilations(config.data.maxDilation);
  const channels = hiddenChannels(config);
  return (weights, x) => {
    const shares = tf.unstack(tf.softmax(weights.alpha!), 1);
    const parts = dilations.map((dilation, i) => {
      const filter = weights[candidate(i)] as Tensor4D;
      const output = inceptionConv2d(x, filter, { dilations: Array<Dilation>(channels).fill(dilation) });
      return tf.mul(output, shares[i]!) as Tensor4D;
    });
    return tf.addN(parts) as Tensor4D;
  };
}

export function dartsStep(config: Planted): Step {
  const convolution = mixture(config);
  return (weights, { images, labels }, _, watch) => {
    const half = Math.floor(images.shape[0] / 2);
    const gradientsOn = (from: number, count: number, trainable: (name: string) => boolean) =>
      lossGradients(weights, trainable, (current) => {
        const [x, y] = [images, labels].map((tensor) => tf.slice(tensor, from, count)) as [Tensor4D, Tensor4D];
        const loss = crossEntropy(logits(current, x, convolution, config), y);
        watch();
        return { losses: { loss } };
      });
    const kernels = gradientsOn(0, half, (name) => name !== 'alpha');
    const alpha = gradientsOn(half, images.shape[0] - half, (name) => name === 'alpha');
    return { ...kernels, gradients: { ...kernels.gradients, ...alpha.gradients } };
  };
}

/** Each channel's kernels of all dilations side by side, [3, 3, C * d^2, O], as strong as the mixture takes them. */
export function mixedKernels(weights: Readonly<StateDict>): tf.Tensor {
  return tf.tidy(() => {
    const shares = tf.unstack(tf.softmax(weights.alpha!), 1);
    return tf.concat(
      shares.map((share, i) => tf.mul(weights[candidate(i)]!, share)),
      2,
    );
  });
}

/** The strongest dilation of each channel, and the network of the kernels that belong to them. */
export function cutDarts(weights: Readonly<StateDict>, config: Planted): { dilations: Dilation[]; weights: StateDict } {
  const all = allDilations(config.data.maxDilation);
  let dilations: Dilation[] = [];
  const cut = tf.tidy((): StateDict => {
    const chosen = tf.argMax(weights.alpha!, 1);
    dilations = Array.from(chosen.dataSync(), (i) => all[i]!);
    const masks = tf.unstack(tf.transpose(tf.oneHot(chosen, all.length)));
    const parts = masks.map((mask, i) => tf.mul(weights[candidate(i)]!, mask));
    const rest = ['conv.bias', 'readout.weight', 'readout.bias'].map(
      (name) => [name, tf.clone(weights[name]!)] as const,
    );
    return { 'conv.weight': tf.addN(parts), ...Object.fromEntries(rest) };
  });
  return { dilations, weights: cut };
}
