/**
 * How near a job comes to what a GPU can do: the longer of the times that its arithmetic and its memory traffic take at the device's peaks,
 * over the time that it took (Williams, Waterman, Patterson: Roofline, CACM 2009).
 */
import type { GpuDevice, GpuPrecision } from '../src/engine';

/** What has to be done at least: operations, and bytes that go from memory or to it, each once. */
export interface Work {
  readonly flops: number;
  readonly bytes: number;
}

export interface Peaks {
  /** Operations a second, a multiplication with its addition being two. */
  readonly flops: number;
  /** Bytes a second. */
  readonly bytes: number;
}

/**
 * Products with sums that a multiprocessor adds up in a clock, by architecture, without sparsity: CUDA programming guide (arithmetic
 * instructions), NVIDIA's papers on Ampere, Ada, Hopper and Blackwell. Below sm_80 our kernels take float32 for TF32 and halves. GeForce
 * cards sum halves in float32 at half of this.
 */
const RATES: readonly {
  readonly architecture: number;
  readonly float32: number;
  readonly tf32: number;
  readonly halves: number;
}[] = [
  { architecture: 70, float32: 64, tf32: 64, halves: 64 },
  { architecture: 80, float32: 64, tf32: 512, halves: 1024 },
  { architecture: 86, float32: 128, tf32: 256, halves: 512 },
  { architecture: 90, float32: 128, tf32: 1024, halves: 2048 },
  { architecture: 100, float32: 128, tf32: 2048, halves: 4096 },
  { architecture: 120, float32: 128, tf32: 256, halves: 512 },
];

/** Of the newest architecture known that is not newer than the device's. */
export function peaksOf(device: GpuDevice, precision: GpuPrecision): Peaks {
  const rates = RATES.filter(({ architecture }) => architecture <= device.architecture).at(-1) ?? RATES[0]!;
  const products = precision === 'float16' || precision === 'bfloat16' ? rates.halves : rates[precision];
  return {
    flops: 2 * products * device.multiprocessors * device.clockKhz * 1e3,
    // Two transfers a clock.
    bytes: (2 * device.memoryClockKhz * 1e3 * device.busBits) / 8,
  };
}

/** Which peak bounds the work, and the share of it that was reached. */
export function roofline(work: Work, ms: number, peaks: Peaks): { bound: 'arithmetic' | 'memory'; share: number } {
  const [arithmetic, memory] = [work.flops / peaks.flops, work.bytes / peaks.bytes];
  return { bound: arithmetic >= memory ? 'arithmetic' : 'memory', share: (Math.max(arithmetic, memory) * 1e3) / ms };
}

/** A K x K convolution of stride 1 on [N, H, W, C] to O channels; with its gradients, thrice the products. */
export function convolutionWork(
  [batch, height, width, channels]: readonly [number, number, number, number],
  kernel: number,
  outChannels: number,
  gradients: boolean,
): Work {
  const pixels = batch * height * width;
  const filter = kernel ** 2 * channels * outChannels;
  const maps = pixels * (channels + outChannels);
  return { flops: (gradients ? 3 : 1) * 2 * pixels * filter, bytes: 4 * (gradients ? 3 : 1) * (maps + filter) };
}
