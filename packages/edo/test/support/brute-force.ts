/** The objectives by their definitions, one convolution for each dilation, in float64. */
import type { Dilation } from '@icconv/inception-conv';

export interface Case {
  readonly kernelSize: number;
  readonly maxDilation: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly stride: number;
  readonly height: number;
  readonly width: number;
  /** [K, K, C/G, O] */
  readonly filter: Float32Array;
  /** [H, W, C], one image. */
  readonly x: Float32Array;
}

export const sideOf = (c: Case) => (c.kernelSize - 1) * c.maxDilation + 1;

/** A copy of the filter with zeros where the dilation does not read: literal loops over its k x k taps. */
function masked(c: Case, [dh, dw]: Dilation): Float64Array {
  const side = sideOf(c);
  const centre = (side - 1) / 2;
  const r = (c.kernelSize - 1) / 2;
  const map = (c.inChannels / c.groups) * c.outChannels;
  const result = new Float64Array(c.filter.length);
  for (let i = -r; i <= r; i++) {
    for (let j = -r; j <= r; j++) {
      const at = ((centre + i * dh) * side + centre + j * dw) * map;
      for (let k = 0; k < map; k++) result[at + k] = c.filter[at + k]!;
    }
  }
  return result;
}

/** [OH, OW, O] */
function convolve(c: Case, filter: ArrayLike<number>, x: ArrayLike<number> = c.x): Float64Array {
  const side = sideOf(c);
  const pad = (side - 1) / 2;
  const [oh, ow] = [Math.floor((c.height - 1) / c.stride) + 1, Math.floor((c.width - 1) / c.stride) + 1];
  const [inGroup, outGroup] = [c.inChannels / c.groups, c.outChannels / c.groups];
  const y = new Float64Array(oh * ow * c.outChannels);
  for (let row = 0; row < oh; row++)
    for (let column = 0; column < ow; column++)
      for (let o = 0; o < c.outChannels; o++) {
        let sum = 0;
        const first = Math.floor(o / outGroup) * inGroup;
        for (let u = 0; u < side; u++)
          for (let v = 0; v < side; v++) {
            const [h, w] = [row * c.stride + u - pad, column * c.stride + v - pad];
            if (h < 0 || w < 0 || h >= c.height || w >= c.width) continue;
            for (let m = 0; m < inGroup; m++)
              sum +=
                x[(h * c.width + w) * c.inChannels + first + m]! *
                filter[((u * side + v) * inGroup + m) * c.outChannels + o]!;
          }
        y[(row * ow + column) * c.outChannels + o] = sum;
      }
  return y;
}

/** Means of the input's channels. */
function means(c: Case): Float64Array {
  const sums = new Float64Array(c.inChannels);
  c.x.forEach((value, i) => {
    sums[i % c.inChannels]! += value / (c.height * c.width);
  });
  return sums;
}

export type Name = 'expectation' | 'signed-weights' | 'weight-l1' | 'output-error';

/** Errors of one dilation, [O]. */
export function bruteForce(c: Case, dilation: Dilation, objective: Name): Float64Array {
  const kept = masked(c, dilation);
  const errors = new Float64Array(c.outChannels);
  const inGroup = c.inChannels / c.groups;
  if (objective === 'output-error') {
    const [y, cropped] = [convolve(c, c.filter), convolve(c, kept)];
    y.forEach((value, i) => {
      errors[i % c.outChannels]! += Math.abs(value - cropped[i]!) / (y.length / c.outChannels);
    });
    return errors;
  }
  const mu = means(c);
  c.filter.forEach((value, i) => {
    const o = i % c.outChannels;
    const m = Math.floor(i / c.outChannels) % inGroup;
    const left = value - kept[i]!;
    const channel = Math.floor(o / (c.outChannels / c.groups)) * inGroup + m;
    errors[o]! += objective === 'weight-l1' ? Math.abs(left) : objective === 'expectation' ? left * mu[channel]! : left;
  });
  return errors.map(Math.abs);
}
