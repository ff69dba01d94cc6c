/**
 * Run by the memory test in a process of its own: one operator with so many bytes of address space beyond what the process has, then the
 * same without that limit. Prints what became of both.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import * as ops from '../../src';
import { useEngine } from '../../src/engine';

const [name, kilobytes] = [process.argv[2]!, Number(process.argv[3])];

function limitMemory(limit: string): void {
  execFileSync('prlimit', [`--pid=${process.pid}`, `--as=${limit}:`]);
}

const boxesOfAll = () => tf.tile(tf.tensor2d([[0, 0, 0, 100, 100]]), [20_000, 1]);
/** Each asks for far more than the limit, so that no memory freed before can serve it. */
const CALLS: Record<string, () => () => unknown> = {
  nms() {
    const [boxes, scores] = [tf.randomUniform<tf.Rank.R2>([3e6, 4]), tf.randomUniform<tf.Rank.R1>([3e6])];
    return () => ops.batchedNms(boxes, scores, undefined, { iouThreshold: 0.5 });
  },
  grouping() {
    const [heat, tags] = [tf.randomUniform<tf.Rank.R3>([4, 256, 256]), tf.randomUniform<tf.Rank.R4>([1, 4, 256, 256])];
    return () =>
      ops.groupKeypoints(heat, tags, { maxPeople: 3000, nmsKernel: 1, detectionThreshold: 0.9, refine: false });
  },
  inception() {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 500, 500, 64]), tf.ones<tf.Rank.R4>([3, 3, 64, 64])];
    const dilations = Array.from({ length: 64 }, (_, i) => [1 + (i % 8), 1 + (i >> 3)] as const);
    return () => ops.inceptionConv2d(x, filter, { dilations });
  },
  fused() {
    const x = tf.ones<tf.Rank.R4>([1, 500, 500, 64]);
    const packed = ops.packConv2dFilter(tf.ones([3, 3, 64, 64]));
    return () => ops.fusedConv2d(x, packed);
  },
  conv() {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 500, 500, 64]), tf.ones<tf.Rank.R4>([3, 3, 64, 64])];
    return () => ops.conv2d(x, filter, { pad: 1 });
  },
  program() {
    const x = tf.ones<tf.Rank.R4>([1, 500, 500, 64]);
    const filter = ops.packConv2dFilter(tf.ones([3, 3, 64, 64]));
    const steps = [0, 1, 2].map((input) => ({ kind: 'conv', input, filter }) as const);
    const program = ops.convProgram(steps, { outputs: [3] });
    return () => program.run(x);
  },
  dilationErrors() {
    const [x, filter] = [tf.ones<tf.Rank.R4>([1, 450, 450, 64]), tf.ones<tf.Rank.R4>([9, 9, 64, 16])];
    return () => ops.dilationErrors(x, filter, { maxDilation: 4 });
  },
  maxPool() {
    const x = tf.ones<tf.Rank.R4>([1, 600, 600, 64]);
    return () => ops.maxPool2d(x, { size: 2, strides: 1 });
  },
  sgd() {
    const [a, b] = [tf.ones([2e7]), tf.ones([2e7])];
    return () => ops.sgdUpdate([a], [b], [a], { rates: [1], weightDecays: [0], momentum: 0.9 });
  },
  batchNorm() {
    const [x, one] = [tf.ones([1e6, 16]), tf.ones<tf.Rank.R1>([16])];
    return () => ops.batchNorm(x, one, one);
  },
  imageBatch() {
    const image = { data: new Uint8Array(3 * 1000 * 1000), width: 1000, height: 1000 };
    return () => ops.resizeNormalize([image], { size: [2000, 2000], antialias: true });
  },
  keypointMaps() {
    const maps = tf.ones<tf.Rank.R4>([2, 100, 100, 34]);
    const flipIndex = Array.from({ length: 17 }, (_, k) => k);
    return () => ops.aggregateKeypointMaps([maps], { keypoints: 17, size: [900, 900], flipIndex });
  },
  roiAlign() {
    const [map, rois] = [tf.ones<tf.Rank.R4>([1, 100, 100, 32]), boxesOfAll() as tf.Tensor2D];
    return () => ops.roiAlign(map, rois, { outputSize: 7 });
  },
  upload() {
    const values = new Float32Array(4e7);
    return () => tf.square(tf.tensor1d(values));
  },
  download() {
    // Made in the engine: an array of JavaScript of that size would be collected under the limit, and make room for the result.
    const big = tf.tile(tf.ones([1e6]), [80]);
    return () => big.dataSync();
  },
};

function attempt(work: () => unknown): string {
  try {
    tf.tidy(() => void work());
    return 'done';
  } catch (error) {
    return ops.VisionError.isInstance(error)
      ? `${error.code} ${(error as ops.OutOfMemoryError).bytes}`
      : `untyped ${error}`;
  }
}

await useEngine({ device: 'cpu', threads: 2 });
const work = CALLS[name]!();
const used = Number(/VmSize:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]);
// `soft:`: the limit can be lifted again.
limitMemory(String((used + kilobytes) * 1024));
const capped = attempt(work);
limitMemory('unlimited');
console.log(JSON.stringify([capped, attempt(work)]));
process.exit(0);
