/** Convolution by its definition in float64: what every kernel is compared with. */

export interface NaiveConv {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly outChannels: number;
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Padding of the undilated kernel; a channel of dilation d is padded by (K - 1)/2*(d - 1) more when `dilations` differ by channel. */
  readonly pad: (channel: number) => readonly [number, number];
  readonly dilations: (channel: number) => readonly [number, number];
  readonly groups: number;
  readonly out: readonly [number, number];
}

type Numbers = ArrayLike<number>;

/** Calls `visit` with the flat indices of y, x and filter for every product of the convolution. */
function eachProduct(c: NaiveConv, visit: (y: number, x: number, filter: number) => void): void {
  const groupIn = c.channels / c.groups;
  const groupOut = c.outChannels / c.groups;
  const [outHeight, outWidth] = c.out;
  for (let n = 0; n < c.batch; n++) {
    for (let o = 0; o < c.outChannels; o++) {
      const [padHeight, padWidth] = c.pad(o);
      const [dilationHeight, dilationWidth] = c.dilations(o);
      const firstIn = Math.floor(o / groupOut) * groupIn;
      for (let oh = 0; oh < outHeight; oh++) {
        for (let ow = 0; ow < outWidth; ow++) {
          const y = ((n * outHeight + oh) * outWidth + ow) * c.outChannels + o;
          for (let u = 0; u < c.kernel[0]; u++) {
            const h = oh * c.strides[0] - padHeight + u * dilationHeight;
            if (h < 0 || h >= c.height) continue;
            for (let v = 0; v < c.kernel[1]; v++) {
              const w = ow * c.strides[1] - padWidth + v * dilationWidth;
              if (w < 0 || w >= c.width) continue;
              const x = ((n * c.height + h) * c.width + w) * c.channels + firstIn;
              const f = (u * c.kernel[1] + v) * groupIn * c.outChannels + o;
              for (let i = 0; i < groupIn; i++) visit(y, x + i, f + i * c.outChannels);
            }
          }
        }
      }
    }
  }
}

export function naiveForward(c: NaiveConv, x: Numbers, filter: Numbers): Float64Array {
  const y = new Float64Array(c.batch * c.out[0] * c.out[1] * c.outChannels);
  eachProduct(c, (iy, ix, jf) => {
    y[iy]! += x[ix]! * filter[jf]!;
  });
  return y;
}

export function naiveGradInput(c: NaiveConv, dy: Numbers, filter: Numbers): Float64Array {
  const dx = new Float64Array(c.batch * c.height * c.width * c.channels);
  eachProduct(c, (iy, ix, jf) => {
    dx[ix]! += dy[iy]! * filter[jf]!;
  });
  return dx;
}

export function naiveGradFilter(c: NaiveConv, x: Numbers, dy: Numbers): Float64Array {
  const dfilter = new Float64Array(c.kernel[0] * c.kernel[1] * (c.channels / c.groups) * c.outChannels);
  eachProduct(c, (iy, ix, jf) => {
    dfilter[jf]! += dy[iy]! * x[ix]!;
  });
  return dfilter;
}

export function naiveGradBias(c: NaiveConv, dy: Numbers): Float64Array {
  const dbias = new Float64Array(c.outChannels);
  for (let i = 0; i < dy.length; i++) dbias[i % c.outChannels]! += dy[i]!;
  return dbias;
}
