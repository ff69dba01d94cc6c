import { describeBackends, maxAbsError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import { describe, expect, test } from 'vitest';
import { activate } from '../../test/activate';
import type { Dilation } from '../pattern/dilation-pattern';
import { manualPattern } from '../pattern/manual-pattern';
import { inceptionConv2dLayer } from './index';

const dilations = manualPattern({ channels: [8], maxDilation: 3 }).layers[0]!.dilations;

function model(): tfl.Sequential {
  return tfl.sequential({
    layers: [
      inceptionConv2dLayer({
        filters: 8,
        dilations,
        activation: 'relu',
        inputShape: [9, 9, 1],
        kernelRegularizer: 'l2',
      }),
      inceptionConv2dLayer({
        filters: 4,
        dilations: [
          [1, 2],
          [2, 1],
        ],
        groups: 2,
        strides: 2,
        useBias: false,
      }),
      tfl.layers.flatten(),
      tfl.layers.dense({ units: 1 }),
    ],
  });
}

describeBackends('InceptionConv2D layer', activate, (backend) => {
  test('states its shapes and weights', () => {
    const net = model();
    expect(net.layers.map((layer) => layer.outputShape)).toEqual([
      [null, 9, 9, 8],
      [null, 5, 5, 4],
      [null, 100],
      [null, 1],
    ]);
    expect(net.layers[0]!.weights.map((w) => w.shape)).toEqual([[3, 3, 1, 8], [8]]);
    expect(net.layers[1]!.weights.map((w) => w.shape)).toEqual([[3, 3, 4, 4]]);
    net.dispose();
  });

  test('a saved model comes back the same', async () => {
    const net = model();
    let saved: tf.io.ModelArtifacts | undefined;
    await net.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: tf.io.getModelArtifactsInfoForJSON(artifacts) };
      }),
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved!));
    // What is undefined in an initializer's config is null after a file.
    const config = (net: tfl.LayersModel, layer: number) =>
      JSON.parse(JSON.stringify(net.layers[layer]!.getConfig(), (_, value) => value ?? null));
    for (const layer of [0, 1]) expect(config(loaded, layer)).toEqual(config(net, layer));
    const x = tf.randomUniform([2, 9, 9, 1], -1, 1, 'float32', 1);
    const [a, b] = [net.predict(x) as tf.Tensor, loaded.predict(x) as tf.Tensor];
    expect(maxAbsError(await b.data(), await a.data())).toBe(0);
    tf.dispose([x, a, b]);
    net.dispose();
    loaded.dispose();
  });

  test('is trained by fit', async () => {
    const net = model();
    const optimizer = tf.train.adam(0.01);
    net.compile({ optimizer, loss: 'meanSquaredError' });
    // Bright spots two pixels apart, or not: what one dilation sees at once.
    const [x, y] = tf.tidy(() => {
      const images = Array.from({ length: 32 }, (_, n) => {
        const image = new Float32Array(81);
        image[40] = 1;
        image[n % 2 === 0 ? 42 : 41] = 1;
        return image;
      });
      return [
        tf.tensor(
          images.flatMap((image) => [...image]),
          [32, 9, 9, 1],
        ),
        tf.tensor(
          Array.from({ length: 32 }, (_, n) => (n % 2 === 0 ? 1 : -1)),
          [32, 1],
        ),
      ];
    });
    const kernel = net.layers[0]!.getWeights()[0]!.clone();
    const history = await net.fit(x!, y!, {
      epochs: backend === 'js' ? 4 : 12,
      batchSize: 8,
      shuffle: false,
      verbose: 0,
    });
    const losses = history.history.loss as number[];
    expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
    expect(maxAbsError(await net.layers[0]!.getWeights()[0]!.data(), await kernel.data())).toBeGreaterThan(1e-3);
    net.dispose();
    optimizer.dispose();
    tf.dispose([x!, y!, kernel]);
  });
});

describe('InceptionConv2D refuses', () => {
  const make = (args: object) => () => inceptionConv2dLayer({ filters: 8, dilations, ...args } as never);
  const bad = [...dilations.slice(1), [0, 1]] as Dilation[];
  test.each([
    [{ filters: 9 }, 'InceptionConv2D: 8 dilations for 9 filters in 1 group(s)'],
    [{ dilations: bad }, 'InceptionConv2D, layer 0, channel 7: dilation must be [height, width]'],
    [{ kernelSize: 0 }, 'kernelSize must be a positive whole number'],
    [{ kernelInitializer: 'unknown' }, 'kernelInitializer must be an object of tf.initializers or one of constant, '],
  ])('%#', (args, message) => expect(make(args)).toThrowError(message));

  test('an input whose channels the groups do not divide', () => {
    const layer = inceptionConv2dLayer({
      filters: 4,
      dilations: [
        [1, 1],
        [1, 2],
      ],
      groups: 2,
    });
    expect(() => layer.build([null, 5, 5, 3])).toThrowError(
      'input must have shape [N, H, W, C] with C known and divisible by 2',
    );
  });
});
