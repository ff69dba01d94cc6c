/**
 * One worker of the benchmark: `tsx cluster-worker.ts INDEX ADDRESS,ADDRESS PYTHON`. Contenders take turns, round after round; worker 0
 * prints the medians as JSON. While one worker works alone the other waits for it, which costs no processor.
 */
import { joinCluster } from '@icconv/tensor-ops/collectives';
import * as tf from '@tensorflow/tfjs-core';
import { startPeer } from '../../../tooling/bench/peer.mjs';
import { lossGradients } from '../src';
import { GradientExchange } from '../src/loop/exchange';
import { GradientSum, listeningTo } from '../src/optimizers/gradients';

const ROUNDS = 11;
const [index, addresses, python] = process.argv.slice(2) as [string, string, string];
const leads = index === '0';
const cluster = await joinCluster({ device: 'cpu', threads: 1, workers: addresses.split(','), index: Number(index) });
const peer = leads && python !== '' ? startPeer(python, new URL('./gloo.py', import.meta.url)) : undefined;

/** About as many numbers as a Faster R-CNN with ResNet-50 has, in layers that take a second of one thread forward and back. */
const WIDTH = 2048;
const names = Array.from({ length: 19 }, (_, i) => (i % 2 === 0 ? `${i}.weight` : `${i}.bias`));
const weights = Object.fromEntries(
  names.map((name) => [
    name,
    name.endsWith('bias') ? tf.zeros([WIDTH]) : tf.randomNormal([WIDTH, WIDTH], 0, 1 / Math.sqrt(WIDTH)),
  ]),
);
const numbers = Object.values(weights).reduce((sum, { size }) => sum + size, 0);
const x = tf.randomNormal<tf.Rank.R2>([192, WIDTH]);
const nothing = new GradientSum();

const compute = () =>
  lossGradients(
    weights,
    () => true,
    (own) => {
      let y: tf.Tensor = x;
      for (const name of names)
        y = name.endsWith('bias')
          ? tf.relu(tf.add(y, own[name]!))
          : tf.matMul(y as tf.Tensor2D, own[name] as tf.Tensor2D);
      return { losses: { loss: tf.mean(tf.square(y)) as tf.Scalar } };
    },
  ).gradients;

const gradients = compute();
const dispose = (tensors: Readonly<Record<string, tf.Tensor>>) => tf.dispose({ ...tensors });
const exchange = async (of = gradients) => dispose(await new GradientExchange(cluster, names, weights).finish(of));

const contenders: Record<string, () => Promise<unknown> | unknown> = {
  alone: () => (leads ? dispose(compute()) : undefined),
  together: () => dispose(compute()),
  exchange: () => exchange(),
  after: async () => {
    const own = compute();
    await exchange(own);
    dispose(own);
  },
  during: async () => {
    const under = new GradientExchange(cluster, names, weights);
    const own = await listeningTo(weights, (name, gradient) => under.ready(name, gradient, nothing), compute);
    dispose(await under.finish(own));
    dispose(own);
  },
  latency: async () => tf.dispose(await cluster.allReduceMean([tf.scalar(1)])),
};
const times: Record<string, number[]> = {};
function keep(name: string, ms: number) {
  times[name] ??= [];
  times[name].push(ms);
}
// The first round warms threads, connections and memory.
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, work] of Object.entries(contenders)) {
    await cluster.barrier();
    const begun = performance.now();
    await work();
    if (round > 0) keep(name, performance.now() - begun);
  }
  await cluster.barrier();
  const answer = (await peer?.ask({ megabytes: (4 * numbers) / 1e6 })) as { readonly ms: number } | undefined;
  if (answer !== undefined && round > 0) keep('peer', answer.ms);
  await cluster.barrier();
}
peer?.stop();
await cluster.close();
const median = (list: number[]) => list.sort((a, b) => a - b)[list.length >> 1]!;
if (leads) {
  const medians = Object.fromEntries(Object.entries(times).map(([name, list]) => [`${name}Ms`, median(list)]));
  console.log(JSON.stringify({ megabytes: (4 * numbers) / 1e6, ...medians }));
}
process.exit(0);
