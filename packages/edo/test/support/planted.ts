/** Super-kernels with a known answer: a dilated 3x3 in noise. */
import type { Dilation } from '@icconv/inception-conv';
import * as tf from '@tensorflow/tfjs-core';
import { allDilations, type ObjectiveName, type SearchNetwork, searchDilations } from '../../src/index';

export interface PlantedOptions {
  /** Standard deviation of the noise on all taps, relative to the planted weights'. */
  readonly noise: number;
  readonly objective: ObjectiveName;
  readonly maxDilation?: number;
  readonly channels?: number;
  readonly inChannels?: number;
  readonly seed?: number;
}

/**
 * Plants a 3x3 of normal weights in each channel of a super-kernel, a dilation after the other, adds noise, and searches. Inputs are the
 * positive parts of normal values, as behind a ReLU.
 *
 * @returns share of channels whose dilation is found.
 */
export async function recoveredShare(options: PlantedOptions): Promise<number> {
  const { noise, objective, maxDilation = 4, channels = 64, inChannels = 16, seed = 1 } = options;
  const side = 2 * maxDilation + 1;
  const planted = Array.from(
    { length: channels },
    (_, i): Dilation => allDilations(maxDilation)[i % maxDilation ** 2]!,
  );
  const mask = tf.buffer([side, side, 1, channels]);
  planted.forEach(([dh, dw], o) => {
    for (const i of [-1, 0, 1])
      for (const j of [-1, 0, 1]) mask.set(1, maxDilation + i * dh, maxDilation + j * dw, 0, o);
  });
  const filter = tf.tidy(() => {
    const shape = [side, side, inChannels, channels];
    const weights = tf.mul(tf.randomNormal(shape, 0, 1, 'float32', seed), mask.toTensor());
    return tf.add(weights, tf.randomNormal(shape, 0, noise, 'float32', seed + 1)) as tf.Tensor4D;
  });
  const layer = { name: 'planted', filter, kernelSize: 3, maxDilation, stride: 1, groups: 1 };
  const network: SearchNetwork = { layers: [layer], run: (x, observe) => void observe(layer, x) };
  const data = [
    tf.tidy(() => tf.relu(tf.randomNormal<tf.Rank.R4>([2, 12, 12, inChannels], 0, 1, 'float32', seed + 2))),
  ];
  const needsData = objective === 'expectation' || objective === 'output-error';
  const { pattern } = await searchDilations(network, { objective, ...(needsData && { data }) });
  tf.dispose([filter, data]);
  const found = pattern.layers[0]!.dilations;
  return planted.filter(([dh, dw], o) => found[o]![0] === dh && found[o]![1] === dw).length / channels;
}
