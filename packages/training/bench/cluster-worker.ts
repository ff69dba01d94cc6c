/** One worker of the benchmark: `tsx cluster-worker.ts INDEX ADDRESS,ADDRESS`. Worker 0 prints what it measures as JSON. */
import { joinCluster } from '@icconv/tensor-ops/collectives';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';

const [index, addresses] = process.argv.slice(2) as [string, string];
const workers = addresses.split(',');
const engine = { device: 'cpu', threads: 1 } as const;
const cluster = workers.length > 1 ? await joinCluster({ ...engine, workers, index: Number(index) }) : undefined;
if (cluster === undefined) await useEngine(engine);

/** Shapes as a Faster R-CNN with ResNet-50 has them: many small, some large; 40 million numbers. */
const SHAPES = [
  ...Array.from({ length: 16 }, () => [3, 3, 256, 256]),
  ...Array.from({ length: 8 }, () => [1, 1, 1024, 512]),
  ...Array.from({ length: 100 }, () => [256]),
  ...[
    [12544, 1024],
    [5120, 1024],
    [1024, 1024],
    [3, 3, 512, 512],
    [3, 3, 512, 512],
    [3, 3, 512, 512],
  ],
];
const numbers = SHAPES.map((shape) => shape.reduce((product, length) => product * length, 1)).reduce((a, b) => a + b);
const gradients = SHAPES.map((shape) => tf.fill(shape, Number(index)));

const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!;
async function time(work: () => Promise<void>, runs: number): Promise<number> {
  await work();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return median(times);
}

/** Stands for a step: four convolutions forward and back, some hundred milliseconds of one thread. */
const x = tf.randomNormal<tf.Rank.R4>([1, 96, 96, 128]);
const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 128, 128]);
const compute = async () => {
  for (let i = 0; i < 12; i++) {
    const y = tf.conv2d(x, filter, 1, 'same');
    y.dataSync();
    y.dispose();
  }
};
const exchange = async () => tf.dispose((await cluster?.allReduceMean(gradients)) ?? []);

const stepMs = await time(compute, 7);
const exchangeMs = cluster === undefined ? 0 : await time(exchange, 7);
const bothMs = await time(async () => {
  await compute();
  await exchange();
}, 7);
await cluster?.close();
if (index === '0')
  console.log(JSON.stringify({ workers: workers.length, megabytes: (4 * numbers) / 1e6, stepMs, exchangeMs, bothMs }));
process.exit(0);
