/** Inception convolution as one ordinary convolution per branch: the portable way, and that of CUDA devices. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvGeometry, InceptionGeometry, Pair } from '../../kernel/geometry';
import type { ConvKernels } from '../conv-kernels';
import { type Branch, splitBranches } from './branches';

/** Convolution without bias and activation. x [N, H, W, C], filter [K, K, C/G, O]; returns [N, OH, OW, O]. */
export function forwardPerPattern(
  kernels: ConvKernels,
  x: Tensor4D,
  filter: Tensor4D,
  geometry: InceptionGeometry,
): Tensor4D {
  const branches = splitBranches(clipped(geometry, [x.shape[1], x.shape[2]]), geometry.groups);
  const parts = branches.map((branch) =>
    kernels.forward(
      takeGroups(x, branch, geometry.groups),
      take(filter, branch.channels),
      branchGeometry(branch, filter.shape[0], geometry.strides),
    ),
  );
  return weave(parts, branches);
}

/** Gradient for x, of map size `inputSize`. */
export function gradInputPerPattern(
  kernels: ConvKernels,
  dy: Tensor4D,
  filter: Tensor4D,
  inputSize: Pair,
  geometry: InceptionGeometry,
): Tensor4D {
  const { groups } = geometry;
  const branches = splitBranches(clipped(geometry, inputSize), groups);
  // Sum over branches, kept apart by group as soon as a branch leaves one out.
  const whole: Tensor4D[] = [];
  const byGroup: Tensor4D[][] = Array.from({ length: groups }, () => []);
  for (const branch of branches) {
    const dx = kernels.gradInput(
      take(dy, branch.channels),
      take(filter, branch.channels),
      inputSize,
      branchGeometry(branch, filter.shape[0], geometry.strides),
    );
    if (branch.groups.length === groups) whole.push(dx);
    else {
      const shares = tf.split<Tensor4D>(dx, branch.groups.length, 3);
      shares.forEach((share, at) => void byGroup[branch.groups[at]!]!.push(share));
    }
  }
  if (byGroup.some((shares) => shares.length > 0)) {
    const empty = tf.zeros<tf.Rank.R4>([dy.shape[0], ...inputSize, filter.shape[2]]);
    const joined = byGroup.map((shares) => (shares.length === 0 ? empty : sum(shares)));
    whole.push(tf.concat(joined, 3));
  }
  return sum(whole);
}

/** Gradient for the filter; returns [K, K, C/G, O]. */
export function gradFilterPerPattern(
  kernels: ConvKernels,
  x: Tensor4D,
  dy: Tensor4D,
  kernelSize: number,
  geometry: InceptionGeometry,
): Tensor4D {
  const branches = splitBranches(clipped(geometry, [x.shape[1], x.shape[2]]), geometry.groups);
  const parts = branches.map((branch) =>
    kernels.gradFilter(
      takeGroups(x, branch, geometry.groups),
      take(dy, branch.channels),
      [kernelSize, kernelSize],
      branchGeometry(branch, kernelSize, geometry.strides),
    ),
  );
  return weave(parts, branches);
}

/** As far as a dilation can matter on a map of this size: beyond, every tap but the centre lies outside, and padding would only grow. */
const clipped = ({ dilations }: InceptionGeometry, map: Pair): number[] =>
  dilations.map((dilation, i) => Math.min(dilation, Math.max(1, map[i % 2]!)));

function branchGeometry({ dilations, groups }: Branch, kernelSize: number, strides: Pair): ConvGeometry {
  const half = (kernelSize - 1) / 2;
  return { strides, dilations, pad: [half * dilations[0], half * dilations[1]], groups: groups.length };
}

const sum = (tensors: readonly Tensor4D[]): Tensor4D =>
  tensors.reduce((total, tensor) => tf.add<Tensor4D>(total, tensor));

/** Channels of the last axis in the order given; a run of neighbours is a slice, which is cheaper. */
function take(tensor: Tensor4D, channels: readonly number[]): Tensor4D {
  if (isRun(channels)) {
    const [a, b, c, all] = tensor.shape;
    if (channels.length === all) return tensor;
    return tf.slice(tensor, [0, 0, 0, channels[0]!], [a, b, c, channels.length]);
  }
  return tf.gather(tensor, tf.tensor1d([...channels], 'int32'), 3);
}

/** The input channels of the branch's groups. */
function takeGroups(x: Tensor4D, branch: Branch, groups: number): Tensor4D {
  if (branch.groups.length === groups) return x;
  const size = x.shape[3] / groups;
  return take(
    x,
    branch.groups.flatMap((group) => Array.from({ length: size }, (_, i) => group * size + i)),
  );
}

/** Joins the branches' results on the last axis and puts the channels back in their places. */
function weave(parts: readonly Tensor4D[], branches: readonly Branch[]): Tensor4D {
  const joined: Tensor = parts.length === 1 ? parts[0]! : tf.concat([...parts], 3);
  const order = branches.flatMap((branch) => branch.channels);
  const places: number[] = new Array(order.length);
  order.forEach((channel, place) => {
    places[channel] = place;
  });
  return isRun(places) ? (joined as Tensor4D) : tf.gather(joined as Tensor4D, tf.tensor1d(places, 'int32'), 3);
}

const isRun = (values: readonly number[]): boolean => values.every((value, i) => value === values[0]! + i);
