import { useEngine } from '@icconv/tensor-ops/engine';
import { sgd } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { manualPattern } from '../inception-conv/src/index.ts';
import { detectionStep, fasterRcnnConfig, initFasterRcnn, seededDraw } from './src/index';

await useEngine({ device: 'cpu', threads: 2 });
const W = 32,
  BLOCKS = [2, 2, 2, 2] as const,
  S = 240;
const channels = BLOCKS.flatMap((c, s) => Array<number>(c).fill(W * 2 ** s));
const plain = { block: 'basic', blocks: BLOCKS, width: W } as const;
const backbone = {
  ...plain,
  conv: { kind: 'inception', pattern: manualPattern({ channels, maxDilation: 4 }) },
} as const;
const base = fasterRcnnConfig({ backbone, classes: 3 });
const config = {
  ...base,
  fpnChannels: 64,
  input: { ...base.input, minSize: S, maxSize: (S * 4) / 3 },
  rpn: {
    ...base.rpn,
    anchors: { sizes: [[16], [32], [64], [96], [128]], ratios: [0.5, 1, 2], rounded: false },
    train: { ...base.rpn.train, preNmsTopN: 500, postNmsTopN: 300 },
    sampler: { perImage: 128, foregroundShare: 0.5 },
  },
  roi: {
    ...base.roi,
    aligned: true,
    hidden: 192,
    levelRule: { canonicalSize: 48, canonicalLevel: 1, levels: 4, epsilon: 1e-6 },
    sampler: { perImage: 128, foregroundShare: 0.25 },
  },
} as never;
const weights = initFasterRcnn(config, { seed: 1 });
const backend = tf.backend() as any;
const totals = new Map<string, [number, number]>();
if (process.argv[2] === 'ops')
  for (const m of ['executeSingleOutput', 'executeMultipleOutputs']) {
    const f = backend[m].bind(backend);
    backend[m] = (name: string, ...r: unknown[]) => {
      const t = process.hrtime.bigint();
      const o = f(name, ...r);
      const d = Number(process.hrtime.bigint() - t) / 1e6;
      const e = totals.get(name) ?? [0, 0];
      e[0] += d;
      e[1]++;
      totals.set(name, e);
      return o;
    };
  }
const opt = sgd({ momentum: 0.9 });
const images = tf.randomNormal([2, 256, 320, 3]) as tf.Tensor4D;
const times: number[] = [];
for (let i = 0; i < 14; i++) {
  if (i === 4) totals.clear();
  const t = performance.now();
  const truths = [0, 1].map((k) => ({
    boxes: tf.tensor2d(
      Array.from({ length: 14 }, (_, j) => [j * 15, j * 12, j * 15 + 50, j * 12 + 45]).flat(),
      [14, 4],
    ),
    classes: new Int32Array(14).fill(k),
  }));
  const r = detectionStep(
    weights,
    {
      images,
      sizes: [
        [240, 320],
        [240, 320],
      ],
      truths,
    },
    config,
    { draw: seededDraw(Math.random), trainable: (n) => !/running/.test(n), batchNorm: true },
  );
  const t1 = performance.now();
  opt.update(weights, r.gradients, { learningRate: 0.001 });
  tf.dispose(r.gradients);
  for (const [n, s] of Object.entries(r.statistics)) {
    weights[n]!.dispose();
    weights[n] = s;
  }
  if (i >= 4) times.push(performance.now() - t);
  if (i == 13) console.log('update', performance.now() - t1);
}
console.log('step median', times.sort((a, b) => a - b)[5]);
const all = [...totals].sort((a, b) => b[1][0] - a[1][0]).slice(0, 25);
for (const [n, [ms, c]] of all) console.log(n.padEnd(30), (ms / 10).toFixed(1), 'ms', (c / 10).toFixed(1), 'calls');
console.log(
  'sum',
  [...totals.values()].reduce((s, [a]) => s + a, 0) / 10,
  [...totals.values()].reduce((s, [, a]) => s + a, 0) / 10,
);
