import { describeBackends, maxAbsError } from '@icconv/test-utils';
import type * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { VisionError } from '../../errors';
import { imageBatch, resizeNormalize } from './image-batch';
import { imageBatchPortable } from './image-batch-portable';
import type { AffineMap, ImagePlacement } from './types';

/** Grey values of one row of pixels. */
const row = (...values: number[]) => ({
  data: Uint8Array.from(values.flatMap((v) => [v, v, v])),
  height: 1,
  width: values.length,
});
const read = (tensor: tf.Tensor) => {
  const values = [...tensor.dataSync()];
  tensor.dispose();
  return values;
};
/** Of grey pictures one number a pixel. */
const greys = (tensor: tf.Tensor) =>
  read(tensor)
    .filter((_, i) => i % 3 === 0)
    .map((v) => Math.round(v * 1e5) / 1e5);

describeBackends('imageBatch', activate, () => {
  test('resizes with half-pixel centres and normalises', () => {
    const options = { mean: [100, 100, 100], std: [50, 50, 50] } as const;
    expect(greys(resizeNormalize([row(0, 200)], { size: [1, 4], ...options }))).toEqual([-2, -1, 1, 2]);
    expect(greys(resizeNormalize([row(0, 100, 200, 40)], { size: [1, 2], ...options }))).toEqual([-1, 0.4]);
  });

  test('batches pictures of different sizes, padded with 0 to a multiple', () => {
    const batch = resizeNormalize([row(10, 20), row(30)], {
      size: [
        [1, 2],
        [2, 1],
      ],
      multipleOf: 4,
    });
    expect(batch.shape).toEqual([2, 4, 4, 3]);
    expect(greys(batch)).toEqual([10, 20, ...Array(14).fill(0), 30, 0, 0, 0, 30, ...Array(11).fill(0)]);
  });

  test('flips, shifts, fills outside, and orders channels', () => {
    const place = (map: AffineMap): ImagePlacement => ({
      source: 0,
      batch: 0,
      top: 0,
      left: 0,
      bottom: 1,
      right: 3,
      map,
    });
    const shape = [1, 1, 3] as const;
    expect(greys(imageBatch([row(1, 2, 3)], [place([-1, 0, 3, 0, 1, 0])], { shape }))).toEqual([3, 2, 1]);
    expect(greys(imageBatch([row(1, 2, 3)], [place([1, 0, 1, 0, 1, 0])], { shape, fill: [9, 9, 9] }))).toEqual([
      2, 3, 9,
    ]);
    // The mean is the default fill.
    expect(greys(imageBatch([row(1, 2, 3)], [place([1, 0, -1, 0, 1, 0])], { shape, mean: [5, 5, 5] }))).toEqual([
      0, -4, -3,
    ]);
    const pixel = { data: Uint8Array.of(1, 2, 3), height: 1, width: 1 };
    const bgr = imageBatch([pixel], [{ ...place([1, 0, 0, 0, 1, 0]), right: 2 }], {
      shape: [1, 1, 2],
      channelOrder: 'bgr',
      mean: [10, 20, 30],
    });
    expect(read(bgr)).toEqual([-7, -18, -29, 0, 0, 0]);
  });

  test('turns by a quarter', () => {
    // (X, Y) of the output reads (x, y) = (Y, 2 - X).
    const picture = { data: Uint8Array.from([1, 2, 3, 4].flatMap((v) => [v, v, v])), height: 2, width: 2 };
    const turned = imageBatch(
      [picture],
      [{ source: 0, batch: 0, top: 0, left: 0, bottom: 2, right: 2, map: [0, 1, 0, -1, 0, 2] }],
      {
        shape: [1, 2, 2],
      },
    );
    expect(greys(turned)).toEqual([3, 1, 4, 2]);
  });

  test('changes colour, clamped, before normalising', () => {
    const pixel = { data: Uint8Array.of(10, 100, 250), height: 1, width: 1 };
    const placement = { source: 0, batch: 0, top: 0, left: 0, bottom: 1, right: 1, map: [1, 0, 0, 0, 1, 0] as const };
    const colour = [0, 1, 0, 5, 0, 0, 2, 0, -1, 0, 0, 0];
    expect(read(imageBatch([pixel], [{ ...placement, colour }], { shape: [1, 1, 1], std: [5, 5, 5] }))).toEqual([
      21, 51, 0,
    ]);
  });

  test('every backend agrees with the portable kernel', () => {
    const pictures = fc.record({
      height: fc.integer({ min: 1, max: 20 }),
      width: fc.integer({ min: 1, max: 20 }),
      seed: fc.nat(),
    });
    const number = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
    // Multiples of 1/64, and shifts a bit off them: no pixel's centre falls on the very edge of the picture.
    const factor = (most: number) => fc.integer({ min: -most * 64, max: most * 64 }).map((v) => v / 64);
    const shift = fc.integer({ min: -20 * 64, max: 20 * 64 }).map((v) => v / 64 + 0.003);
    const maps = fc.oneof(
      fc.tuple(factor(3), fc.constant(0), shift, fc.constant(0), factor(3), shift),
      fc.tuple(factor(2), factor(2), shift, factor(2), factor(2), shift),
    );
    const colours = fc.option(fc.array(number(2), { minLength: 12, maxLength: 12 }), { nil: undefined });
    const channelOrder = fc.constantFrom('rgb' as const, 'bgr' as const);
    const flags = fc.oneof(
      fc.record({ antialias: fc.boolean(), warp: fc.constant('exact' as const), channelOrder }),
      fc.record({ antialias: fc.constant(false), warp: fc.constant('opencv' as const), channelOrder }),
    );
    fc.assert(
      fc.property(pictures, maps, colours, flags, ({ height, width, seed }, map, colour, options) => {
        const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => Math.imul(i + 1, seed | 1) >>> 24);
        const base = { source: 0, batch: 1, top: 1, left: 2, bottom: 18, right: 15, map };
        const placement: ImagePlacement = colour === undefined ? base : { ...base, colour };
        const shape = [2, 19, 15] as const;
        const actual = read(imageBatch([{ data, height, width }], [placement], { shape, fill: [7, 8, 9], ...options }));
        const expected = imageBatchPortable([data], {
          sizes: [[height, width]],
          placements: [placement],
          shape,
          scale: [1, 1, 1],
          bias: [0, 0, 0],
          fill: [7, 8, 9],
          reversed: options.channelOrder === 'bgr',
          antialias: options.antialias,
          round: false,
          opencv: options.warp === 'opencv',
        });
        expect(maxAbsError(actual, expected)).toBeLessThan(0.02);
      }),
      { numRuns: 60 },
    );
  });

  test('warps as OpenCV: the edge blends with the fill, and a mirrored map gives the mirror image', () => {
    const place = (batch: number, map: AffineMap): ImagePlacement => {
      return { source: 0, batch, top: 0, left: 0, bottom: 1, right: 5, map };
    };
    const warp = (map: AffineMap) => {
      const options = { shape: [1, 1, 5], fill: [10, 10, 10.4], warp: 'opencv' } as const;
      return greys(imageBatch([row(100, 50)], [place(0, map)], options));
    };
    // Half a pixel to the right: means of neighbours, the outer ones with the fill.
    expect(warp([1, 0, -1.5, 0, 1, 0])).toEqual([10, 55, 75, 30, 10]);
    expect(warp([1, 0, -1, 0, 1, 0])).toEqual([10, 100, 50, 10, 10]);
    // Halves are rounded up, and positions to 1/32 of a pixel.
    expect(warp([1, 0, 1 / 64, 0, 1, 0])).toEqual([98, 49, 10, 10, 10]);
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 3, noNaN: true }), fc.integer({ min: -90, max: 90 }), (scale, shift) => {
        const map = [scale, 0, shift / 32, 0, 1, 0] as const;
        const mirrored = [-scale, 0, shift / 32 + 5 * scale, 0, 1, 0] as const;
        expect(warp(mirrored)).toEqual(warp(map).reverse());
      }),
    );
  });

  test('takes pixels that lie unaligned in a larger buffer', () => {
    const large = new Uint8Array(100).fill(77);
    const data = large.subarray(3, 3 + 27);
    expect(
      maxAbsError(greys(resizeNormalize([{ data, height: 3, width: 3 }], { size: [3, 3] })), Array(9).fill(77)),
    ).toBe(0);
  });

  test('an empty batch, and refusals', () => {
    expect(read(resizeNormalize([], { size: [2, 2] }))).toEqual([]);
    const message = (body: () => tf.Tensor) => {
      try {
        body().dispose();
      } catch (error) {
        expect(VisionError.isInstance(error)).toBe(true);
        return (error as Error).message;
      }
      throw new Error('nothing was thrown');
    };
    expect(message(() => resizeNormalize([row(1)], { size: [0, 4] }))).toContain(
      'size must be two whole numbers of at least 1',
    );
    expect(
      message(() =>
        resizeNormalize([row(1)], {
          size: [
            [1, 1],
            [1, 1],
          ],
        }),
      ),
    ).toContain('one for each of 1 images');
    expect(message(() => resizeNormalize([row(1)], { size: [1, 1], std: [1, 0, 1] }))).toContain(
      'std must be three numbers other than 0',
    );
    expect(message(() => resizeNormalize([{ ...row(1), width: 2 }], { size: [1, 1] }))).toBe(
      'resizeNormalize: images[0] must be interleaved RGB, three bytes a pixel, received "1x2 with 3 bytes"',
    );
    expect(message(() => resizeNormalize([row(1)], { size: [1, 1], warp: 'opencv', antialias: true }))).toContain(
      'without antialias',
    );
    const placement = { source: 0, batch: 0, top: 0, left: 0, bottom: 1, right: 2, map: [1, 0, 0, 0, 1, 0] as const };
    expect(message(() => imageBatch([row(1)], [placement], { shape: [1, 1, 1] }))).toContain(
      'a rectangle within [1, 1, 1]',
    );
    const wild = { ...placement, right: 1, map: [1, 0, Number.NaN, 0, 1, 0] as const };
    expect(message(() => imageBatch([row(1)], [wild], { shape: [1, 1, 1] }))).toContain(
      'placements[0].map must be six finite numbers',
    );
  });
});
