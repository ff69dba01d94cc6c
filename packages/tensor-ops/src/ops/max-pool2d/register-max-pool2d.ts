/** Kernels and gradient of `maxPool2d`. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { convOutputSize, type Pair } from '../../kernel/geometry';
import { attr, type NativeAttr, type NativeOp, onCuda } from '../../kernel/native-backend';
import { registerGradientOnce, registerOnAllBackends, runKernel } from '../../kernel/registry';
import { padOrCrop, spread, window } from '../conv-kernels/map-ops';

export const PADDED_MAX_POOL_2D = 'PaddedMaxPool2D';
const PADDED_MAX_POOL_2D_GRAD = 'PaddedMaxPool2DGrad';

export interface PaddedMaxPool2DAttrs {
  readonly size: Pair;
  readonly strides: Pair;
  readonly pad: Pair;
}

export function registerMaxPool2d(): void {
  registerOnAllBackends<{ x: Tensor4D }, PaddedMaxPool2DAttrs>(PADDED_MAX_POOL_2D, ({ x }, attrs, { native }) => {
    if (x.shape[0] === 0) return tf.zeros([0, ...outputSize(x, attrs), x.shape[3]]);
    if (native === undefined) return portableMaxPool(x, attrs);
    const { op, attrs: settings } = maxPoolOp(attrs, onCuda(native));
    return native.executeSingleOutput(op, settings, [x]) as Tensor4D;
  });
  registerOnAllBackends<{ x: Tensor4D; y: Tensor4D; dy: Tensor4D }, PaddedMaxPool2DAttrs>(
    PADDED_MAX_POOL_2D_GRAD,
    ({ x, y, dy }, attrs, { native }) => {
      if (x.shape[0] === 0) return tf.zerosLike(x);
      if (native === undefined) return portableMaxPoolGrad(x, y, dy, attrs);
      if (onCuda(native)) {
        return native.executeSingleOutput('MaxPoolGrad', tensorflowAttrs(attrs), [x, y, dy]) as Tensor4D;
      }
      return native.executeSingleOutput('IcconvMaxPool2DGrad', ownAttrs(attrs), [x, dy]) as Tensor4D;
    },
  );
  registerGradientOnce({
    kernelName: PADDED_MAX_POOL_2D,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc: (dy, saved, attrs) => {
      const [x, y] = saved as [Tensor4D, Tensor4D];
      return { x: () => runKernel('maxPool2d', PADDED_MAX_POOL_2D_GRAD, { x, y, dy: dy as Tensor4D }, attrs) };
    },
  });
}

function outputSize(x: Tensor4D, attrs: PaddedMaxPool2DAttrs): [number, number] {
  return convOutputSize([x.shape[1], x.shape[2]], attrs.size, { ...attrs, dilations: [1, 1], groups: 1 });
}

export function maxPoolOp(attrs: PaddedMaxPool2DAttrs, onGpu: boolean): NativeOp {
  return onGpu ? { op: 'MaxPool', attrs: tensorflowAttrs(attrs) } : { op: 'IcconvMaxPool2D', attrs: ownAttrs(attrs) };
}

const ownAttrs = ({ size, strides, pad }: PaddedMaxPool2DAttrs): NativeAttr[] => [
  attr.int('size', size),
  attr.int('strides', strides),
  attr.int('pad', pad),
];

function tensorflowAttrs({ size, strides, pad }: PaddedMaxPool2DAttrs): NativeAttr[] {
  const padded = pad[0] > 0 || pad[1] > 0;
  return [
    attr.float32(),
    attr.int('ksize', [1, ...size, 1]),
    attr.int('strides', [1, ...strides, 1]),
    attr.string('padding', padded ? 'EXPLICIT' : 'VALID'),
    attr.int('explicit_paddings', padded ? [0, 0, pad[0], pad[0], pad[1], pad[1], 0, 0] : []),
    attr.string('data_format', 'NHWC'),
  ];
}

/** The windows' pixels one place at a time: `visit` gets, for each place (u, v), the pixel of every window there. */
function visitPlaces(
  framed: Tensor4D,
  out: Pair,
  { size, strides }: PaddedMaxPool2DAttrs,
  visit: (pixels: Tensor4D, u: number, v: number) => void,
): void {
  for (let u = 0; u < size[0]; u++) {
    for (let v = 0; v < size[1]; v++) visit(window(framed, [u, v], out, strides), u, v);
  }
}

/** Frames the map so that every window lies inside; the frame never wins a maximum. */
function frame(x: Tensor4D, out: Pair, { size, strides, pad }: PaddedMaxPool2DAttrs): Tensor4D {
  const after = (axis: 0 | 1) => strides[axis] * (out[axis] - 1) + size[axis] - x.shape[axis + 1]! - pad[axis];
  return padOrCrop(x, [pad[0], Math.max(0, after(0))], [pad[1], Math.max(0, after(1))], Number.NEGATIVE_INFINITY);
}

function portableMaxPool(x: Tensor4D, attrs: PaddedMaxPool2DAttrs): Tensor4D {
  const out = outputSize(x, attrs);
  let best: Tensor4D | undefined;
  visitPlaces(frame(x, out, attrs), out, attrs, (pixels) => {
    if (best === undefined) best = pixels;
    else {
      const larger = tf.maximum<Tensor4D>(best, pixels);
      // The maximum of wasm drops a NaN of its second argument.
      best = tf.getBackend() === 'wasm' ? (tf.where(tf.isNaN(pixels), pixels, larger) as Tensor4D) : larger;
    }
  });
  return best!;
}

/** For each place of the window in row order: windows whose maximum it holds and that no earlier place took send their `dy` there. */
function portableMaxPoolGrad(x: Tensor4D, y: Tensor4D, dy: Tensor4D, attrs: PaddedMaxPool2DAttrs): Tensor4D {
  const out = outputSize(x, attrs);
  const { strides, pad } = attrs;
  const [, height, width] = x.shape;
  let left = dy;
  let total: Tensor4D | undefined;
  const zero = tf.zerosLike(dy);
  const broken = tf.isNaN(y);
  // Beside pixels of minus infinity the frame would win.
  const onMap = frame(tf.zeros([1, height!, width!, 1]), out, attrs);
  visitPlaces(frame(x, out, attrs), out, attrs, (pixels, u, v) => {
    const largest = tf.logicalOr(tf.equal(pixels, y), tf.logicalAnd(tf.isNaN(pixels), broken));
    const wins = tf.logicalAnd(largest, tf.equal(window(onMap, [u, v], out, strides), 0));
    const share = spread(tf.where(wins, left, zero) as Tensor4D, strides);
    left = tf.where(wins, zero, left) as Tensor4D;
    const moved = padOrCrop(
      share,
      [u - pad[0], height + pad[0] - u - share.shape[1]],
      [v - pad[1], width + pad[1] - v - share.shape[2]],
    );
    total = total === undefined ? moved : tf.add<Tensor4D>(total, moved);
  });
  return total!;
}
