/**
 * pnpm bench cuda [--json]: inception convolution on a GPU, its own kernel beside TensorFlow's convolutions, one a dilation; forward, and with
 * all gradients. Then other operators beside the composition of TensorFlow's. Where there is no GPU, one line says so.
 */
import { maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { inceptionConv2d } from '../src';
import { EngineUnavailableError, useEngine } from '../src/engine';
import { duels } from './cuda-duels';
import { type Contender, generator, interleaved, type Result } from './measure';

/** Channels and side of the map in the stages of a ResNet-50, at 800 pixels. */
const STAGES = [
  [64, 200],
  [128, 100],
  [256, 50],
  [512, 25],
] as const;
const MOST_DILATION = 4;

export async function benchCuda(report: (result: Result) => void): Promise<void> {
  try {
    await useEngine({ device: 'cuda' });
  } catch (error) {
    if (!EngineUnavailableError.isInstance(error)) throw error;
    console.error(`cuda: nothing to measure; ${error.attempts.map(({ reason }) => reason).join('; ')}`);
    return;
  }
  const random = generator(3);
  for (const [channels, side] of STAGES) {
    const x = tf.randomUniform([1, side, side, channels], -1, 1, 'float32', 1) as tf.Tensor4D;
    const filter = tf.randomUniform([3, 3, channels, channels], -1, 1, 'float32', 2) as tf.Tensor4D;
    const one = () => 1 + Math.floor(random() * MOST_DILATION);
    const dilations = Array.from({ length: channels }, (): [number, number] => [one(), one()]);
    const forward = (algorithm: 'auto' | 'per-pattern') => inceptionConv2d(x, filter, { dilations, algorithm });
    const backward = (algorithm: 'auto' | 'per-pattern') => {
      const grads = tf.grads((a: tf.Tensor, b: tf.Tensor) =>
        inceptionConv2d(a as tf.Tensor4D, b as tf.Tensor4D, { dilations, algorithm }),
      )([x, filter]);
      return tf.concat(grads.map((grad) => grad.flatten()));
    };
    for (const [name, run] of Object.entries({ forward, 'forward and gradients': backward })) {
      const [own, plain] = [tf.tidy(() => run('auto')), tf.tidy(() => run('per-pattern'))];
      const error = maxRelativeError(await own.data(), await plain.data());
      tf.dispose([own, plain]);
      const [native, peer] = await interleaved([finished(() => run('auto')), finished(() => run('per-pattern'))]);
      const answer = `difference ${error.toExponential(1)}`;
      report({ name: `inceptionConv2d ${name} ${channels}x${side}x${side}`, native: native!, peer: peer!, answer });
    }
    tf.dispose([x, filter]);
  }
  for (const { name, own, plain } of duels()) {
    const [first, second] = [tf.tidy(own), tf.tidy(plain)];
    const error = maxRelativeError(await first.data(), await second.data());
    tf.dispose([first, second]);
    const [native, peer] = await interleaved([finished(own), finished(plain)]);
    report({ name, native: native!, peer: peer!, answer: `difference ${error.toExponential(1)}` });
  }
}

/** Kernels are queued: time ends when a number of the last result has been read. */
function finished(run: () => tf.Tensor): Contender {
  return async (repeat) => {
    const start = performance.now();
    for (let i = 1; i < repeat; i++) tf.tidy(run).dispose();
    const last = tf.tidy(() => run().flatten().slice(0, 1));
    await last.data();
    last.dispose();
    return (performance.now() - start) / repeat;
  };
}
