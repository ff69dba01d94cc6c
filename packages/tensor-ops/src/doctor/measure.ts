import * as tf from '@tensorflow/tfjs-core';

const SIZE = { height: 100, width: 152, channels: 128 } as const;
const RUNS = 9;

/** Times TensorFlow's 3x3 convolution at a size of a detector's second stage; the median of several runs. */
export async function measureConvolution(): Promise<{ gflops: number; milliseconds: number }> {
  const { height, width, channels } = SIZE;
  const x = tf.ones([1, height, width, channels]) as tf.Tensor4D;
  const filter = tf.ones([3, 3, channels, channels]) as tf.Tensor4D;
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const started = performance.now();
    const y = tf.conv2d(x, filter, 1, 'same');
    times.push(performance.now() - started);
    y.dispose();
  }
  tf.dispose([x, filter]);
  const milliseconds = times.sort((a, b) => a - b)[RUNS >> 1]!;
  const flops = 2 * height * width * 9 * channels * channels;
  return { milliseconds, gflops: flops / milliseconds / 1e6 };
}
