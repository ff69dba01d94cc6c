/**
 * Differentiable architecture search over the d^2 dilations of each channel of each searched layer.
 *
 * As the candidates of a channel are linear in their kernels, their sum, weighted by a softmax over `alpha`, is one super-kernel whose taps are
 * sums of theirs: it is computed as such, for a small part of the time and memory that d^2 convolutions beside each other would take. As in DARTS
 * of first order, kernels learn from one half of a batch and `alpha` from the other. The strongest dilation is kept, with its kernel.
 *
 * Source: Liu, Simonyan, Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, arXiv 1806.09055.
 */
import { allDilations, searchedConfig, superSize } from '@icconv/edo';
import { type Dilation, type DilationPattern, initInceptionConv } from '@icconv/inception-conv';
import type { ResNetConfig, StateDict } from '@icconv/models';
import type { Task } from '@icconv/task';
import { readStateDict } from '@icconv/tensor-ops/state-dict';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { asPattern, type SearchedLayer, searchedLayers, stepThrough, withStep } from './searched';

const TAPS = 9;
const candidatesOf = ({ key }: SearchedLayer) => `${key}.candidates`;
const alphaOf = ({ key }: SearchedLayer) => `${key}.alpha`;

/** float32 [K^2, d^2 * 9]: where in the super-kernel each tap of each candidate lies. */
function placement(maxDilation: number): tf.Tensor2D {
  const side = superSize({ maxDilation, kernelSize: 3 });
  const all = allDilations(maxDilation);
  const matrix = new Float32Array(side * side * all.length * TAPS);
  for (const [i, [dh, dw]] of all.entries()) {
    for (let tap = 0; tap < TAPS; tap++) {
      const row = maxDilation + (Math.floor(tap / 3) - 1) * dh;
      const column = maxDilation + ((tap % 3) - 1) * dw;
      matrix[(row * side + column) * all.length * TAPS + i * TAPS + tap] = 1;
    }
  }
  return tf.tensor2d(matrix, [side * side, all.length * TAPS]);
}

/** The super-kernel [K, K, M, O] of candidates [d^2, 9 * M, O] and alpha [O, d^2]. */
export function mixture(
  { maxDilation, inChannels, outChannels }: SearchedLayer,
  candidates: tf.Tensor,
  alpha: tf.Tensor,
): tf.Tensor {
  const count = maxDilation ** 2;
  const side = superSize({ maxDilation, kernelSize: 3 });
  const shares = tf.reshape(tf.transpose(tf.softmax(alpha)), [count, 1, outChannels]);
  const taps = tf.reshape(tf.mul(candidates, shares), [count * TAPS, inChannels * outChannels]);
  return tf.reshape(tf.matMul(placement(maxDilation), taps as tf.Tensor2D), [side, side, inChannels, outChannels]);
}

/** Weights to begin with: the super-network's, and for its kernels candidates of `scale` times the usual strength and an `alpha` of zeros. */
export function relaxedWeights(
  task: Task,
  wide: ResNetConfig,
  weights: StateDict,
  { scale, seed }: { readonly scale: number; readonly seed: number },
): StateDict {
  for (const [number, layer] of searchedLayers(task, wide).entries()) {
    const { key, inChannels, outChannels, maxDilation } = layer;
    weights[key]!.dispose();
    delete weights[key];
    weights[candidatesOf(layer)] = tf.tidy(() => {
      const kernels = allDilations(maxDilation).map((_, i) => {
        const options = { seed: 1_000_000 * seed + 1000 * number + i };
        const { weight } = initInceptionConv({ inChannels, outChannels, dilations: [] }, options);
        return tf.reshape(tf.mul(weight, scale), [TAPS * inChannels, outChannels]);
      });
      return tf.stack(kernels);
    });
    weights[alphaOf(layer)] = tf.zeros([outChannels, maxDilation ** 2]);
  }
  return weights;
}

/** The task whose steps search. */
export function relaxedTask(task: Task, wide: ResNetConfig): Task {
  const layers = searchedLayers(task, wide);
  const searching = withStep(task, (weights, batch, model, parts) => {
    const made = Object.fromEntries(
      layers.map((layer) => [layer.key, mixture(layer, weights[candidatesOf(layer)]!, weights[alphaOf(layer)]!)]),
    );
    const half = Math.floor(batch.samples.length / 2);
    const part = (from: number, to: number) => ({
      ...batch,
      images: tf.slice(batch.images, from, to - from),
      sizes: batch.sizes.slice(from, to),
      samples: batch.samples.slice(from, to),
    });
    const kernels = stepThrough(task, weights, made, [part(0, half), model, parts]);
    const choice = stepThrough(task, weights, made, [part(half, batch.samples.length), model, parts], () => false);
    tf.dispose(choice.statistics ?? {});
    const gradients: StateDict = {};
    for (const [name, gradient] of Object.entries(kernels.gradients)) if (!(name in made)) gradients[name] = gradient;
    for (const layer of layers) {
      const { [candidatesOf(layer)]: candidates, [alphaOf(layer)]: alpha } = weights;
      const through = (gradient: tf.Tensor) =>
        tf.grads((c, a) => mixture(layer, c!, a!))([candidates!, alpha!], gradient);
      gradients[candidatesOf(layer)] = through(kernels.gradients[layer.key]!)[0]!;
      gradients[alphaOf(layer)] = through(choice.gradients[layer.key]!)[1]!;
    }
    return { ...kernels, gradients };
  });
  return {
    ...searching,
    weights: {
      ...task.weights,
      read: (file) => readStateDict(file),
      save: (path, weights) => saveStateDict(weights, path, { format: 'safetensors', layout: 'tensorflow' }),
    },
  };
}

/** The strongest dilation of each channel, and the network of the kernels that belong to them; the caller disposes its weights. */
export function cutRelaxed(
  task: Task,
  wide: ResNetConfig,
  weights: Readonly<StateDict>,
): { pattern: DilationPattern; config: ResNetConfig; weights: StateDict } {
  const layers = searchedLayers(task, wide);
  const dilations: Dilation[] = [];
  const cut: StateDict = {};
  const own = new Set(layers.flatMap((layer) => [candidatesOf(layer), alphaOf(layer)]));
  for (const [name, tensor] of Object.entries(weights)) if (!own.has(name)) cut[name] = tensor.clone();
  for (const layer of layers) {
    const { key, maxDilation, inChannels, outChannels } = layer;
    const all = allDilations(maxDilation);
    cut[key] = tf.tidy(() => {
      const chosen = tf.argMax(weights[alphaOf(layer)]!, 1);
      dilations.push(...Array.from(chosen.dataSync(), (i) => all[i]!));
      const mask = tf.reshape(tf.transpose(tf.oneHot(chosen, all.length)), [all.length, 1, outChannels]);
      const kernel = tf.sum(tf.mul(weights[candidatesOf(layer)]!, mask), 0);
      return tf.reshape(kernel, [3, 3, inChannels, outChannels]);
    });
  }
  const pattern = asPattern(layers, dilations);
  return { pattern, config: searchedConfig(wide, pattern), weights: cut };
}
