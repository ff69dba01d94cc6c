import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { activate } from '../../test/support/activate';
import * as ops from '..';

await activate('js');

const map = () => tf.ones<tf.Rank.R4>([1, 4, 4, 2]);
const filter = () => tf.ones<tf.Rank.R4>([3, 3, 2, 2]);
const roi = () => tf.tensor2d([[0, 0, 0, 3, 3]]);
const vector = (length: number) => tf.ones<tf.Rank.R1>([length]);
const ones = [
  [1, 1],
  [1, 1],
] as const;

/** Each operator with its tensors as the test wants them. */
const CALLS: Record<string, readonly [tensors: () => tf.Tensor[], run: (...tensors: never[]) => unknown]> = {
  conv2d: [
    () => [map(), filter(), vector(2)],
    (x: tf.Tensor4D, f: tf.Tensor4D, bias: tf.Tensor1D) => ops.conv2d(x, f, { bias }),
  ],
  convTranspose2d: [() => [map(), filter()], (x: tf.Tensor4D, f: tf.Tensor4D) => ops.convTranspose2d(x, f)],
  packConv2dFilter: [() => [filter()], (f: tf.Tensor4D) => ops.packConv2dFilter(f)],
  fusedConv2d: [() => [map()], (x: tf.Tensor4D) => ops.fusedConv2d(x, ops.packConv2dFilter(filter()))],
  inceptionConv2d: [
    () => [map(), filter()],
    (x: tf.Tensor4D, f: tf.Tensor4D) => ops.inceptionConv2d(x, f, { dilations: ones }),
  ],
  packInceptionFilter: [() => [filter()], (f: tf.Tensor4D) => ops.packInceptionFilter(f, { dilations: ones })],
  dilationErrors: [
    () => [map(), filter()],
    (x: tf.Tensor4D, f: tf.Tensor4D) => ops.dilationErrors(x, f, { maxDilation: 1 }),
  ],
  maxPool2d: [() => [map()], (x: tf.Tensor4D) => ops.maxPool2d(x, { size: 2 })],
  batchNorm: [
    () => [map(), vector(2), vector(2), map()],
    (x: tf.Tensor4D, weight: tf.Tensor1D, bias: tf.Tensor1D, residual: tf.Tensor4D) =>
      ops.batchNorm(x, weight, bias, { residual }),
  ],
  relu: [() => [map()], (x: tf.Tensor) => ops.relu(x)],
  roiAlign: [() => [map(), roi()], (x: tf.Tensor4D, r: tf.Tensor2D) => ops.roiAlign(x, r, { outputSize: 2 })],
  multiLevelRoiAlign: [
    () => [map(), roi()],
    (x: tf.Tensor4D, r: tf.Tensor2D) =>
      ops.multiLevelRoiAlign([x], r, tf.tensor1d([0], 'int32'), { outputSize: 2, spatialScales: [1] }),
  ],
  boxCandidates: [
    () => [tf.ones([3, 2, 4]), tf.ones([3, 4]), tf.ones([3, 2])],
    (deltas: tf.Tensor3D, references: tf.Tensor2D, scores: tf.Tensor2D) =>
      ops.boxCandidates(deltas, references, scores, { imageSize: [4, 4], logScaleLimit: 4 }),
  ],
  batchedNms: [
    () => [tf.ones([3, 4]), vector(3)],
    (boxes: tf.Tensor2D, scores: tf.Tensor1D) => ops.batchedNms(boxes, scores, undefined, { iouThreshold: 0.5 }),
  ],
  groupKeypoints: [
    () => [tf.ones([1, 4, 4]), tf.ones([1, 1, 4, 4])],
    (heat: tf.Tensor3D, tags: tf.Tensor4D) => ops.groupKeypoints(heat, tags),
  ],
  aggregateKeypointMaps: [
    () => [map()],
    (maps: tf.Tensor4D) => ops.aggregateKeypointMaps([maps], { keypoints: 1, size: [4, 4] }),
  ],
  sgdUpdate: [
    () => [vector(2), vector(2), vector(2)],
    (p: tf.Tensor, g: tf.Tensor, m: tf.Tensor) => ops.sgdUpdate([p], [g], [m], { rates: [1], weightDecays: [0] }),
  ],
  linearCombination: [
    () => [vector(2), vector(2)],
    (x: tf.Tensor, y: tf.Tensor) => ops.linearCombination(1, [x], 1, [y]),
  ],
  globalNorm: [() => [vector(2)], (x: tf.Tensor) => ops.globalNorm([x])],
};

const attempt = (run: () => unknown): ops.InvalidArgumentError | undefined => {
  tf.engine().startScope();
  try {
    run();
    return undefined;
  } catch (error) {
    return error as ops.InvalidArgumentError;
  } finally {
    tf.engine().endScope();
  }
};

describe.each(Object.entries(CALLS))('%s', (op, [tensors, run]) => {
  const call = run as (...all: tf.Tensor[]) => unknown;

  test('takes its tensors', () => expect(attempt(() => call(...tensors()))).toBeUndefined());

  const count = tf.tidy(() => tensors().length);
  for (let at = 0; at < count; at++) {
    test(`names tensor ${at} when it is disposed, of another dtype, or none`, () => {
      const disposed = attempt(() => {
        const all = tensors();
        all[at]!.dispose();
        return call(...all);
      });
      expect(disposed).toBeInstanceOf(ops.InvalidArgumentError);
      expect(disposed).toMatchObject({
        op,
        message: expect.stringMatching(/not disposed, received a disposed float32/),
      });
      for (const wrong of [() => tf.cast, () => undefined]) {
        const error = attempt(() => {
          const all = tensors();
          const change = wrong();
          return call(...(all.map((tensor, i) => (i !== at ? tensor : change?.(tensor, 'int32'))) as tf.Tensor[]));
        });
        // What may be left out is no fault when it is.
        if (wrong() === undefined && error === undefined) continue;
        expect(error).toBeInstanceOf(ops.InvalidArgumentError);
        expect(error).toMatchObject({ op });
      }
    });
  }
});

test.each<[string, () => unknown]>([
  ['conv2d: strides', () => ops.conv2d(map(), filter(), { strides: 2 ** 32 + 1 })],
  ['conv2d: groups', () => ops.conv2d(map(), filter(), { groups: 2 ** 32 + 1 })],
  ['conv2d: pad', () => ops.conv2d(map(), filter(), { pad: 2 ** 31 - 1 })],
  ['conv2d: the shape of the result', () => ops.conv2d(tf.ones([4, 4, 4, 2]), filter(), { pad: 15_000 })],
  ['convTranspose2d: pad', () => ops.convTranspose2d(map(), filter(), { strides: 2 ** 31 - 1 })],
  ['packConv2dFilter: dilations', () => ops.packConv2dFilter(filter(), { dilations: [1, 2 ** 31] })],
  [
    'inceptionConv2d: dilations[0]',
    () => ops.inceptionConv2d(map(), filter(), { dilations: [[2 ** 32 + 1, 1], ones[0]] }),
  ],
  ['dilationErrors: maxDilation', () => ops.dilationErrors(map(), filter(), { maxDilation: 2 ** 32 + 1 })],
  ['maxPool2d: size', () => ops.maxPool2d(map(), { size: 2 ** 33 })],
  ['roiAlign: samplingRatio', () => ops.roiAlign(map(), roi(), { outputSize: 1, samplingRatio: 4097 })],
  ['roiAlign: outputSize', () => ops.roiAlign(map(), roi(), { outputSize: 2 ** 31 })],
  ['roiAlign: the shape of the result', () => ops.roiAlign(map(), roi(), { outputSize: 2 ** 31 - 1 })],
  ['imageBatch: the shape of the result', () => ops.imageBatch([], [], { shape: [2 ** 20, 2 ** 20, 2 ** 20] })],
  [
    'groupKeypoints: maxPeople',
    () => ops.groupKeypoints(tf.ones([1, 4, 4]), tf.ones([1, 1, 4, 4]), { maxPeople: 2 ** 32 + 1 }),
  ],
  ['aggregateKeypointMaps: size', () => ops.aggregateKeypointMaps([map()], { keypoints: 1, size: [2 ** 32 + 2, 2] })],
  [
    'batchedNms: maxOutputSize',
    () => ops.batchedNms(tf.ones([3, 4]), vector(3), undefined, { iouThreshold: 0.5, maxOutputSize: 2 ** 33 }),
  ],
])('%s beyond what can be is refused', (names, run) => {
  const error = attempt(run);
  expect(error).toBeInstanceOf(ops.InvalidArgumentError);
  expect(error!.message.startsWith(`${names} must be `)).toBe(true);
});
