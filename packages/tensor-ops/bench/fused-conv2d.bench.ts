/** The convolutions of ResNet-50, each kind once, on an image of a detector (800 x 1216) and of a classifier (224 x 224). */
import { maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { conv2d, fusedConv2d, packConv2dFilter } from '../src';
import { generator, inProcess, interleaved, type Result } from './measure';
import type { TorchvisionPeer } from './torchvision-peer';

interface Layer {
  readonly name: string;
  /** How many such layers the network has. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly residual: boolean;
  readonly relu: boolean;
}

/** Winograd's rounding, relative to the largest result. */
const TOLERANCE = 1e-4;

function resnet50(imageHeight: number, imageWidth: number): Layer[] {
  const half = (length: number) => Math.ceil(length / 2);
  let [height, width] = [half(imageHeight), half(imageWidth)];
  const layers: Layer[] = [];
  const add = (stage: string, count: number, channels: number, outChannels: number, kernel: number, more = {}) => {
    const layer = { height, width, channels, outChannels, kernel, stride: 1, residual: false, relu: true, ...more };
    const name = `${stage} ${kernel}x${kernel} ${channels}-${outChannels}${layer.stride > 1 ? ' stride 2' : ''}${layer.residual ? ' + residual' : ''}`;
    layers.push({ ...layer, name, count });
  };
  add('stem', 1, 3, 64, 7, { height: imageHeight, width: imageWidth, stride: 2 });
  [height, width] = [half(height), half(width)];
  let channels = 64;
  for (const [index, blocks] of [3, 4, 6, 3].entries()) {
    const inner = 64 * 2 ** index;
    const stage = `layer${index + 1}`;
    const stride = index === 0 ? 1 : 2;
    add(stage, 1, channels, inner, 1);
    add(stage, 1, channels, 4 * inner, 1, { stride, relu: false });
    if (stride > 1) add(stage, 1, inner, inner, 3, { stride });
    if (stride > 1) [height, width] = [half(height), half(width)];
    add(stage, stride > 1 ? blocks - 1 : blocks, inner, inner, 3);
    add(stage, blocks, inner, 4 * inner, 1, { residual: true });
    add(stage, blocks - 1, 4 * inner, inner, 1);
    channels = 4 * inner;
  }
  return layers;
}

export async function benchFusedConv2d(
  peer: TorchvisionPeer | undefined,
  wanted: (name: string) => boolean,
  report: (result: Result) => void,
): Promise<void> {
  const random = generator(3);
  const numbers = (length: number, scale = 1) => Float32Array.from({ length }, () => (random() * 2 - 1) * scale);
  for (const [imageHeight, imageWidth] of [
    [800, 1216],
    [224, 224],
  ] as const) {
    for (const layer of resnet50(imageHeight, imageWidth)) {
      const { height, width, channels, outChannels, kernel, stride, relu } = layer;
      const name = `fusedConv2d ${imageHeight}x${imageWidth} ${layer.name} (${layer.count})`;
      if (!wanted(name)) continue;
      const pad = (kernel - 1) / 2;
      const xShape: [number, number, number, number] = [1, height, width, channels];
      const yShape: typeof xShape = [1, Math.ceil(height / stride), Math.ceil(width / stride), outChannels];
      const reduction = kernel * kernel * channels;
      const data = {
        x: numbers(height * width * channels),
        filter: numbers(reduction * outChannels, reduction ** -0.5),
        bias: numbers(outChannels),
        residual: numbers(layer.residual ? yShape[1] * yShape[2] * outChannels : 0),
      };
      const x = tf.tensor4d(data.x, xShape);
      const filter = tf.tensor4d(data.filter, [kernel, kernel, channels, outChannels]);
      const bias = tf.tensor1d(data.bias);
      const residual = layer.residual ? tf.tensor4d(data.residual, yShape) : undefined;
      const packed = packConv2dFilter(filter, { strides: stride });
      const activation = relu ? 'relu' : 'linear';
      const run = () => fusedConv2d(x, packed, { bias, activation, ...(residual && { residual }) });
      const request = { op: 'conv2d', kernel, stride, pad, groups: 1, relu, residual: layer.residual };
      await peer?.load('x', data.x, xShape);
      await peer?.load('filter', data.filter, [reduction, outChannels]);
      await peer?.load('bias', data.bias, [outChannels]);
      if (layer.residual) await peer?.load('residual', data.residual, yShape);

      const own = run();
      const expected = peer === undefined ? composed() : new Float32Array((await peer.result(request)).buffer);
      const error = maxRelativeError(own.dataSync(), expected);
      own.dispose();
      if (!(error < TOLERANCE)) throw new Error(`${name}: relative error ${error}, at most ${TOLERANCE} is allowed`);
      const timings = await interleaved(
        peer === undefined ? [inProcess(run)] : [inProcess(run), (repeat) => peer.time(request, repeat)],
      );
      const [ownTiming, peerTiming] = timings;
      const gflop = 2e-9 * reduction * outChannels * yShape[1] * yShape[2];
      report({
        name,
        native: ownTiming!,
        ...(peerTiming === undefined ? {} : { peer: peerTiming }),
        answer: `${Math.round((gflop / ownTiming!.medianMs) * 1e3)} GFLOP/s, relative error ${error.toExponential(1)}`,
      });
      tf.dispose([x, filter, bias, packed.tensor, ...(residual === undefined ? [] : [residual])]);

      function composed(): Float32Array {
        const y = tf.tidy(() => {
          const sums = conv2d(x, filter, { strides: stride, pad, bias });
          const all = residual === undefined ? sums : tf.add(sums, residual);
          return relu ? tf.relu(all) : all;
        });
        const values = y.dataSync<'float32'>();
        y.dispose();
        return values;
      }
    }
  }
}
