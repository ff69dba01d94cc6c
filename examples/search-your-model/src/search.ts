/** `search.ts [EPOCHS]`: the dilation of every channel of a model of tf.layers. Put your own in the place of `myModel` and `myData`. */
import '@tensorflow/tfjs';
import { searchDilations } from '@icconv/edo';
import { modelNetwork, replaceByInception, widenModel } from '@icconv/edo/layers';
import { formatPattern, layerStatistics } from '@icconv/inception-conv';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

const MAX_DILATION = 3;
const epochs = Number(process.argv[2] ?? 4);

function myModel(): tfl.LayersModel {
  const convolution = { kernelSize: 3, padding: 'same', activation: 'relu' } as const;
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({ ...convolution, filters: 8, inputShape: [32, 32, 1], name: 'first' }),
      tfl.layers.conv2d({ ...convolution, filters: 8, name: 'second' }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
}

/** Two strokes: five pixels apart, or eight. */
function myData(count: number): { readonly x: tf.Tensor4D; readonly y: tf.Tensor2D } {
  const pixels = new Float32Array(count * 32 * 32);
  const labels = Array.from({ length: count }, (_, n) => n % 2);
  for (const [n, label] of labels.entries()) {
    const [row, column] = [4 + (n % 20), 2 + ((7 * n) % 20)];
    for (const at of [column, column + (label === 0 ? 5 : 8)])
      pixels.fill(1, (n * 32 + row) * 32 + at, (n * 32 + row) * 32 + at + 1);
  }
  return { x: tf.tensor4d(pixels, [count, 32, 32, 1]), y: tf.oneHot(labels, 2) as tf.Tensor2D };
}

async function fit(model: tfl.LayersModel): Promise<number> {
  model.compile({ optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const { history } = await model.fit(data.x, data.y, { epochs, batchSize: 16, verbose: 0 });
  return Number(history.acc!.at(-1));
}

await useEngine();
const data = myData(160);
// 1. Kernels of all dilations at once, trained on the task.
const wide = await widenModel(myModel(), { maxDilation: MAX_DILATION });
console.log('super-network', (await fit(wide)).toFixed(2));
// 2. Of each channel the dilation that loses the least.
const { pattern } = await searchDilations(modelNetwork(wide, { maxDilation: MAX_DILATION }));
for (const layer of pattern.layers) {
  const shares = layerStatistics(layer).shares.map(({ dilation, channels }) => `${channels} of ${dilation.join('x')}`);
  console.log(layer.name, shares.join(', '));
}
// 3. Inception convolutions in their place, at the cost of the plain ones, trained on.
const searched = await replaceByInception(wide, pattern);
console.log('searched', (await fit(searched)).toFixed(2));
console.log(formatPattern(pattern).length, 'bytes of pattern');
