/** The arithmetic of `pnpm bench cuda`; its numbers wait for a GPU. */
import { describe, expect, it } from 'vitest';
import { convolutionWork, peaksOf, roofline } from '../../bench/roofline';

const A100 = {
  name: 'NVIDIA A100-SXM4-80GB',
  architecture: 80,
  multiprocessors: 108,
  clockKhz: 1_410_000,
  memoryClockKhz: 1_593_000,
  busBits: 5120,
};

describe('roofline', () => {
  it('has the peaks of the data sheets', () => {
    // A100: 19.5, 156 and 312 TFLOP/s, 2039 GB/s; H100 SXM: 66.9, 494.7 (at 1.83 GHz); L40S: 183 with TF32; A40: 149.7 with halves.
    expect(peaksOf(A100, 'float32').flops).toBeCloseTo(19.5e12, -11);
    expect(peaksOf(A100, 'tf32').flops).toBeCloseTo(156e12, -12);
    expect(peaksOf(A100, 'bfloat16').flops).toBeCloseTo(312e12, -12);
    expect(peaksOf(A100, 'tf32').bytes).toBeCloseTo(2039e9, -9.5);
    const other = (architecture: number, multiprocessors: number, clockKhz: number) => ({
      ...A100,
      architecture,
      multiprocessors,
      clockKhz,
    });
    expect(peaksOf(other(90, 132, 1_980_000), 'float32').flops).toBeCloseTo(66.9e12, -11);
    expect(peaksOf(other(90, 132, 1_830_000), 'tf32').flops).toBeCloseTo(494.7e12, -12);
    expect(peaksOf(other(89, 142, 2_520_000), 'tf32').flops).toBeCloseTo(183e12, -12);
    expect(peaksOf(other(86, 84, 1_740_000), 'float16').flops).toBeCloseTo(149.7e12, -12);
    // Without tensor cores for it, and older or newer than all that is known.
    expect(peaksOf(other(75, 1, 1_000), 'tf32').flops).toBe(peaksOf(other(60, 1, 1_000), 'float32').flops);
    expect(peaksOf(other(999, 1, 1_000), 'tf32').flops).toBe(peaksOf(other(120, 1, 1_000), 'tf32').flops);
  });

  it('is the share of whichever bound is the longer', () => {
    const peaks = { flops: 100e12, bytes: 1e12 };
    expect(roofline({ flops: 50e12, bytes: 1e9 }, 1000, peaks)).toEqual({ bound: 'arithmetic', share: 0.5 });
    expect(roofline({ flops: 1e9, bytes: 250e9 }, 1000, peaks)).toEqual({ bound: 'memory', share: 0.25 });
  });

  it('counts a convolution', () => {
    // By hand: 2 * 3 pixels, 4 channels to 5, 3 x 3 taps.
    expect(convolutionWork([1, 2, 3, 4], 3, 5, false)).toEqual({ flops: 2 * 6 * 180, bytes: 4 * (24 + 30 + 180) });
    expect(convolutionWork([1, 2, 3, 4], 3, 5, true)).toEqual({ flops: 6 * 6 * 180, bytes: 12 * (24 + 30 + 180) });
  });
});
