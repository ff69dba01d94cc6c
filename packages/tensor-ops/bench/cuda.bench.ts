/**
 * pnpm bench cuda [--json]: inception convolution on a GPU beside TensorFlow's plain convolution of equal FLOPs, TensorFlow's convolutions one a
 * dilation, and both in torch where a Python has it; forward at each precision, and with all gradients. Then other operators beside the
 * composition of TensorFlow's, with their share of what the device could do; whole networks follow from `pnpm bench detection --device cuda`.
 * Where there is no GPU, one line says so.
 */
import { maxRelativeError } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { gpuPython } from '../../../tooling/bench/python-env.mjs';
import { inceptionConv2d, inceptionConv2dPacked, packInceptionFilter } from '../src';
import { EngineUnavailableError, type GpuDevice, type GpuPrecision, loadedNative, useEngine } from '../src/engine';
import { duels } from './cuda-duels';
import { type Contender, generator, interleaved, type Timing } from './measure';
import { convolutionWork, peaksOf, roofline, type Work } from './roofline';
import { TorchGpuPeer } from './torch-gpu-peer';

/** Channels and side of the map in the stages of a ResNet-50, at 800 pixels. */
const STAGES = [
  [64, 200],
  [128, 100],
  [256, 50],
  [512, 25],
] as const;
const MOST_DILATION = 4;
const PRECISIONS: readonly GpuPrecision[] = ['float32', 'tf32', 'float16', 'bfloat16'];
/** Of results that have been rounded to halves on the way, as a share of the largest number. */
const TOLERANCE = 3e-2;

/** One contender of a job, in the report. */
export interface CudaLine extends Timing {
  readonly job: string;
  readonly contender: string;
  /** Over the plain convolution of TensorFlow, or over the composition, at the same precision. */
  readonly overPlain: number;
  readonly bound: string;
  readonly shareOfPeak: number;
}

interface Entry {
  readonly contender: string;
  readonly precision: GpuPrecision;
  readonly work: Work;
  readonly run: Contender;
  /** What it is compared with, by its name among the job's. */
  readonly plain: string;
}

export async function benchCuda(report: (line: CudaLine) => void): Promise<void> {
  try {
    await useEngine({ device: 'cuda' });
  } catch (error) {
    if (!EngineUnavailableError.isInstance(error)) throw error;
    console.error(`cuda: nothing to measure; ${error.attempts.map(({ reason }) => reason).join('; ')}`);
    return;
  }
  const device = loadedNative()!.ops.gpuDevice()!;
  const python = gpuPython({ modules: ['numpy', 'torch'] });
  const torch = python === undefined ? undefined : await TorchGpuPeer.start(python, 'cuda');
  console.error(JSON.stringify({ device, torch: torch?.versions ?? 'none' }));
  const compete = async (job: string, entries: readonly Entry[]) => {
    const timings = await interleaved(entries.map(({ run }) => run));
    for (const line of lines(job, entries, timings, device)) report(line);
  };
  try {
    for (const [channels, side] of STAGES) await benchStage(channels, side, torch, compete);
    for (const { name, own, plain, work } of duels()) {
      await checkEqual(name, own, plain);
      const entry = { precision: 'tf32', work, plain: 'TensorFlow' } as const;
      await compete(name, [
        { ...entry, contender: 'icconv', run: finished(own) },
        { ...entry, contender: 'TensorFlow', run: finished(plain) },
      ]);
    }
  } finally {
    torch?.stop();
  }
}

/** Each contender's line. */
export function lines(
  job: string,
  entries: readonly Omit<Entry, 'run'>[],
  timings: readonly Timing[],
  device: GpuDevice,
): CudaLine[] {
  return entries.map(({ contender, precision, work, plain }, i) => {
    const timing = timings[i]!;
    const beside = timings[entries.findIndex((other) => other.contender === plain)]!;
    const { bound, share } = roofline(work, timing.medianMs, peaksOf(device, precision));
    return { job, contender, ...timing, overPlain: timing.medianMs / beside.medianMs, bound, shareOfPeak: share };
  });
}

export function cudaLine({ job, contender, medianMs, minMs, overPlain, bound, shareOfPeak }: CudaLine): string {
  const share = `${(100 * shareOfPeak).toFixed(0)} % of peak ${bound}`;
  return `${job.padEnd(52)} ${contender.padEnd(26)} ${medianMs.toFixed(3).padStart(9)} ms (min ${minMs.toFixed(3)})  ${overPlain.toFixed(2).padStart(6)} of plain  ${share}`;
}

async function benchStage(
  channels: number,
  side: number,
  torch: TorchGpuPeer | undefined,
  compete: (job: string, entries: readonly Entry[]) => Promise<void>,
): Promise<void> {
  const random = generator(3);
  const x = tf.randomUniform([1, side, side, channels], -1, 1, 'float32', 1) as tf.Tensor4D;
  const filter = tf.randomUniform([3, 3, channels, channels], -1, 1, 'float32', 2) as tf.Tensor4D;
  const one = () => 1 + Math.floor(random() * MOST_DILATION);
  const dilations = Array.from({ length: channels }, (): [number, number] => [one(), one()]);
  const packed = packInceptionFilter(filter, { dilations });
  await torch?.load('x', (await x.data()) as Float32Array, x.shape);
  await torch?.load('filter', (await filter.data()) as Float32Array, filter.shape);

  const plainForward = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.conv2d(a, b, 1, 'same');
  const forwardOf = (algorithm: 'auto' | 'per-pattern') => (a: tf.Tensor4D, b: tf.Tensor4D) =>
    inceptionConv2d(a, b, { dilations, algorithm });
  const withGradients = (forward: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor) => () => {
    const all = tf.grads((a: tf.Tensor, b: tf.Tensor) => forward(a as tf.Tensor4D, b as tf.Tensor4D))([x, filter]);
    return tf.concat(all.map((grad) => grad.flatten()));
  };
  const at = (precision: GpuPrecision, run: () => tf.Tensor) => () => {
    loadedNative()!.ops.setGpuPrecision(precision);
    return run();
  };
  const ofTorch = (gradients: boolean, precision: GpuPrecision, plainly: boolean): Contender => {
    const convolution = { dilations: plainly ? null : dilations, gradients, precision };
    return (repeat) => torch!.time(convolution, repeat);
  };

  for (const gradients of [false, true]) {
    const work = convolutionWork(x.shape, 3, channels, gradients);
    // Training knows no halves.
    const entries = PRECISIONS.slice(0, gradients ? 2 : undefined).flatMap((precision): Entry[] => {
      const entry = { precision, work, plain: `TensorFlow plain, ${precision}` };
      const wide = precision === 'float32' || precision === 'tf32';
      const job = (forward: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor) =>
        at(precision, gradients ? withGradients(forward) : () => forward(x, filter));
      const own = gradients ? job(forwardOf('auto')) : at(precision, () => inceptionConv2dPacked(x, packed));
      return [
        { ...entry, contender: `icconv, ${precision}`, run: finished(own) },
        // TensorFlow.js' tensors are float32: with halves beside its TF32.
        { ...entry, contender: entry.plain, run: finished(job(plainForward)) },
        ...(wide
          ? [{ ...entry, contender: `TensorFlow branches, ${precision}`, run: finished(job(forwardOf('per-pattern'))) }]
          : []),
        ...(torch === undefined
          ? []
          : [
              { ...entry, contender: `torch plain, ${precision}`, run: ofTorch(gradients, precision, true) },
              { ...entry, contender: `torch branches, ${precision}`, run: ofTorch(gradients, precision, false) },
            ]),
      ];
    });
    if (!gradients) {
      for (const precision of PRECISIONS) {
        const own = at(precision, () => inceptionConv2dPacked(x, packed));
        await checkEqual(
          `inceptionConv2d, ${precision}`,
          own,
          at('float32', () => forwardOf('per-pattern')(x, filter)),
        );
      }
      const theirs = await torch?.result({ dilations, gradients, precision: 'float32' });
      if (theirs !== undefined) {
        await checkEqual(
          'torch branches',
          () => tf.tensor(theirs, x.shape),
          at('float32', () => forwardOf('auto')(x, filter)),
        );
      }
    }
    await compete(`inceptionConv2d forward${gradients ? ' and gradients' : ''} ${channels}x${side}x${side}`, entries);
  }
  loadedNative()!.ops.setGpuPrecision('tf32');
  packed.dispose();
  tf.dispose([x, filter]);
}

/** A benchmark of a wrong answer is none. */
async function checkEqual(name: string, own: () => tf.Tensor, other: () => tf.Tensor): Promise<void> {
  const [first, second] = [tf.tidy(own), tf.tidy(other)];
  const error = maxRelativeError(await first.data(), await second.data());
  tf.dispose([first, second]);
  if (!(error < TOLERANCE)) throw new Error(`${name}: the answers differ by ${error.toExponential(1)} of the largest`);
  console.error(`${name}: difference ${error.toExponential(1)}`);
}

/** Kernels are queued: time ends when a number of the last result has been read. */
function finished(run: () => tf.Tensor): Contender {
  return async (repeat) => {
    const start = performance.now();
    for (let i = 1; i < repeat; i++) tf.tidy(run).dispose();
    const last = tf.tidy(() => run().flatten().slice(0, 1));
    await last.data();
    last.dispose();
    return (performance.now() - start) / repeat;
  };
}
