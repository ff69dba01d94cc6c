/**
 * Convolution on any backend from TensorFlow.js' ordinary operators.
 *
 * `tf.conv2d` takes explicit padding everywhere, but refuses a stride together with a dilation, and its gradients refuse dilation.
 * So the forward pass deals the map out into phases where both occur, the gradient for the input is itself a convolution (stride 1,
 * flipped filter) of the spread-out `dy`, and the gradient for the filter is one matrix product per filter tap.
 */

import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { type ConvGeometry, convOutputSize, type Pair } from '../../kernel/geometry';
import type { ConvKernels } from './kernels';
import { padOrCrop, spread, window } from './map-ops';

export const portableKernels: ConvKernels = {
  forward: (x, filter, geometry) =>
    perGroup(geometry.groups, [x], [filter], (x, filter) => forwardOne(x, filter, geometry)),
  gradInput: (dy, filter, inputSize, geometry) =>
    perGroup(geometry.groups, [], [dy, filter], (dy, filter) => gradInputOne(dy, filter, inputSize, geometry)),
  gradFilter: (x, dy, kernelSize, geometry) =>
    perGroup(geometry.groups, [x], [dy], (x, dy) => gradFilterOne(x, dy, kernelSize, geometry)),
  gradBias: (dy) => tf.sum<Tensor1D>(dy, [0, 1, 2]),
  addBias: (y, bias) => tf.add<Tensor4D>(y, bias),
};

/** Runs `one` on each group's share of the channels (the last axis of every tensor) and joins the results on that axis. */
function perGroup(
  groups: number,
  first: readonly Tensor4D[],
  rest: readonly Tensor4D[],
  one: (a: Tensor4D, b: Tensor4D) => Tensor4D,
): Tensor4D {
  const tensors = [...first, ...rest];
  if (groups === 1) return one(tensors[0]!, tensors[1]!);
  const [a, b] = tensors.map((tensor) => tf.split(tensor, groups, 3)) as [Tensor4D[], Tensor4D[]];
  return tf.concat(
    a.map((share, group) => one(share, b[group]!)),
    3,
  );
}

function forwardOne(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D {
  const { strides, pad, dilations } = geometry;
  if (x.shape[1] === 1 && x.shape[2] === 1 && filter.shape[0] === 1 && filter.shape[1] === 1 && pad[0] + pad[1] === 0) {
    return forwardVectors(x, filter);
  }
  const strided = strides[0] > 1 || strides[1] > 1;
  const dilated = dilations[0] > 1 || dilations[1] > 1;
  if (strided && dilated) return forwardByPhases(x, filter, geometry);
  if (tf.getBackend() === 'webgl') return forwardInStrips(x, filter, geometry, MOST_NUMBERS);
  return tf.conv2d(x, filter, [...strides], explicit([pad[0], pad[0]], [pad[1], pad[1]]), 'NHWC', [...dilations]);
}

/** In a texture of 4096 pixels a side, four in each: what every device has. */
const MOST_NUMBERS = 4 * 4096 ** 2;

/**
 * WebGL's backend writes out the window of every output before it multiplies, kernel size times the map: strips of rows bound that.
 *
 * @param most - numbers that may be written out at once.
 */
export function forwardInStrips(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry, most: number): Tensor4D {
  const { strides, pad, dilations } = geometry;
  const [images, height, width, channels] = x.shape;
  const [kernelHeight, kernelWidth] = filter.shape;
  const [outHeight, outWidth] = convOutputSize([height, width], [kernelHeight, kernelWidth], geometry);
  const rows = Math.max(1, Math.floor(most / (images * outWidth * kernelHeight * kernelWidth * channels)));
  const convolve = (part: Tensor4D, before: number) =>
    tf.conv2d(part, filter, [...strides], explicit([before, before], [pad[1], pad[1]]), 'NHWC', [...dilations]);
  if (rows >= outHeight) return convolve(x, pad[0]);
  const padded = padOrCrop(x, [pad[0], pad[0]], [0, 0]);
  const strips: Tensor4D[] = [];
  for (let start = 0; start < outHeight; start += rows) {
    const count = Math.min(rows, outHeight - start);
    const taken = strides[0] * (count - 1) + dilations[0] * (kernelHeight - 1) + 1;
    strips.push(convolve(tf.slice(padded, [0, strides[0] * start, 0, 0], [images, taken, width, channels]), 0));
  }
  return tf.concat(strips, 1);
}

/**
 * A linear layer: one product of matrices. As a convolution it would be a product of a vector and a matrix for each image, of which WebGL's
 * backend writes out every single term, images * channels * outputs of them, before it sums them.
 */
function forwardVectors(x: Tensor4D, filter: Tensor4D): Tensor4D {
  const [images, , , channels] = x.shape;
  const outChannels = filter.shape[3];
  const rows = tf.reshape(x, [images, channels]) as tf.Tensor2D;
  const product = tf.matMul(rows, tf.reshape(filter, [channels, outChannels]) as tf.Tensor2D);
  return tf.reshape(product, [images, 1, 1, outChannels]);
}

/**
 * Stride s and dilation d without waste. Output i = d*j + r reads the padded input at s*i + d*k = s*r + d*(s*j + k): for each
 * residue r an ordinary convolution of stride s over every d-th pixel from s*r on. The residues of both axes are laid into the
 * batch, convolved at once, and woven back.
 */
function forwardByPhases(x: Tensor4D, filter: Tensor4D, geometry: ConvGeometry): Tensor4D {
  const { strides, pad, dilations } = geometry;
  const [batch, height, width] = x.shape;
  const [kernelHeight, kernelWidth, , outChannels] = filter.shape;
  const [outHeight, outWidth] = convOutputSize([height, width], [kernelHeight, kernelWidth], geometry);
  const rows = phases(outHeight, kernelHeight, strides[0], dilations[0]);
  const columns = phases(outWidth, kernelWidth, strides[1], dilations[1]);
  const padded = padOrCrop(
    x,
    [pad[0], Math.max(0, rows.reach - height - pad[0])],
    [pad[1], Math.max(0, columns.reach - width - pad[1])],
  );
  const pieces: Tensor4D[] = [];
  for (let r = 0; r < rows.count; r++) {
    for (let c = 0; c < columns.count; c++) {
      pieces.push(window(padded, [strides[0] * r, strides[1] * c], [rows.taken, columns.taken], dilations));
    }
  }
  const y = tf.conv2d(tf.concat(pieces, 0), filter, [...strides], 'valid');
  const apart = tf.reshape(y, [rows.count, columns.count, batch, rows.outputs, columns.outputs, outChannels]);
  const woven = tf.reshape(tf.transpose(apart, [2, 3, 0, 4, 1, 5]), [
    batch,
    rows.outputs * rows.count,
    columns.outputs * columns.count,
    outChannels,
  ]);
  return tf.slice(woven as Tensor4D, [0, 0, 0, 0], [batch, outHeight, outWidth, outChannels]);
}

/** Of one axis: number of residues, outputs of each, pixels each takes, and the padded length they reach to. */
function phases(out: number, kernel: number, stride: number, dilation: number) {
  const count = Math.min(dilation, out);
  const outputs = Math.ceil(out / count);
  const taken = stride * (outputs - 1) + kernel;
  return { count, outputs, taken, reach: stride * (count - 1) + dilation * (taken - 1) + 1 };
}

function gradInputOne(dy: Tensor4D, filter: Tensor4D, inputSize: Pair, geometry: ConvGeometry): Tensor4D {
  const { strides, pad, dilations } = geometry;
  const [kernelHeight, kernelWidth] = filter.shape;
  const wide = spread(dy, strides);
  const before: Pair = [dilations[0] * (kernelHeight - 1) - pad[0], dilations[1] * (kernelWidth - 1) - pad[1]];
  const after: Pair = [inputSize[0] + pad[0] - wide.shape[1], inputSize[1] + pad[1] - wide.shape[2]];
  const flipped = tf.transpose(tf.reverse(filter, [0, 1]), [0, 1, 3, 2]);
  const framed = padOrCrop(wide, [before[0], after[0]], [before[1], after[1]]);
  return tf.conv2d(framed, flipped, 1, 'valid', 'NHWC', [...dilations]);
}

function gradFilterOne(x: Tensor4D, dy: Tensor4D, kernelSize: Pair, geometry: ConvGeometry): Tensor4D {
  const { strides, pad, dilations } = geometry;
  const [, height, width, channels] = x.shape;
  const [, outHeight, outWidth, outChannels] = dy.shape;
  const reach = (axis: 0 | 1, out: number) => strides[axis] * (out - 1) + dilations[axis] * (kernelSize[axis] - 1) + 1;
  const padded = padOrCrop(
    x,
    [pad[0], Math.max(0, reach(0, outHeight) - height - pad[0])],
    [pad[1], Math.max(0, reach(1, outWidth) - width - pad[1])],
  );
  const dyRows = tf.reshape(dy, [-1, outChannels]);
  const taps: tf.Tensor2D[] = [];
  for (let u = 0; u < kernelSize[0]; u++) {
    for (let v = 0; v < kernelSize[1]; v++) {
      const seen = window(padded, [u * dilations[0], v * dilations[1]], [outHeight, outWidth], strides);
      taps.push(tf.matMul(tf.reshape(seen, [-1, channels]), dyRows, true));
    }
  }
  return tf.reshape(tf.concat(taps, 0), [kernelSize[0], kernelSize[1], channels, outChannels]);
}

function explicit(rows: Pair, columns: Pair): tf.backend_util.ExplicitPadding {
  return [
    [0, 0],
    [rows[0], rows[1]],
    [columns[0], columns[1]],
    [0, 0],
  ];
}
