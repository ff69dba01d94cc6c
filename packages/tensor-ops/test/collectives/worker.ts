/** One worker of the tests, in a process of its own: `tsx worker.ts SCENARIO INDEX ADDRESS,ADDRESS`. Prints its result as JSON. */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import { VisionError } from '../../src';
import { type Cluster, type ClusterError, joinCluster } from '../../src/collectives';
import { useEngine } from '../../src/engine';

const [scenario, index, workers] = process.argv.slice(2) as [string, string, string];
const mine = Number(index);
const place = { workers: workers.split(','), index: mine, device: 'cpu', threads: 1 } as const;

const values = (tensor: tf.Tensor) => [...tensor.dataSync()];
const told = (error: unknown) => {
  if (!VisionError.isInstance(error)) throw error;
  return { code: error.code, message: error.message, workers: (error as ClusterError).workers };
};

/** Whatever is done to this worker, the others' calls go on until one fails. */
async function until(cluster: Cluster) {
  for (let i = 0; ; i++) {
    await cluster.allReduceMean([tf.fill([1000], i)]);
    if (i === 5) console.log('under way');
  }
}

const SCENARIOS: Record<string, () => Promise<unknown>> = {
  /** Everything that can be asked for, with values that say where they come from. */
  async values() {
    const cluster = await joinCluster(place);
    const { size } = cluster;
    const tensors = [tf.fill([2, 3], mine + 1), tf.scalar(10 * mine), tf.fill([1_500_000], mine), tf.zeros([0])];
    const pending = cluster.allReduceMean(tensors);
    tf.dispose(tensors);
    const means = await pending;
    const sent = [tf.fill([2], mine === 0 ? 42 : 0), tf.tensor1d(mine === 0 ? [7, 8] : [0, 0], 'int32')];
    const received = await cluster.broadcast(sent);
    const gathered = await cluster.gather(tf.fill([1, 2], mine));
    const whole = await cluster.gather(tf.tensor1d([mine, -mine], 'int32'));
    const long = 'é'.repeat(3000 * (mine + 1));
    const texts = await cluster.gatherTexts(long);
    const short = await cluster.gatherTexts(`from ${mine}`);
    await cluster.barrier();
    const result = {
      ...{ size, index: cluster.index, short, long: texts.map((text) => text.length) },
      means: means.map((mean) => [mean.shape, mean.dtype, [...new Set(values(mean))]]),
      received: received.map((tensor) => [tensor.dtype, values(tensor)]),
      gathered: [gathered.shape, values(gathered), whole.dtype, values(whole)],
      peers: await cluster.checkPeers(),
    };
    await cluster.close();
    return result;
  },
  /** Many calls at once, each a fresh key; what is started together need not end together. */
  async many() {
    const cluster = await joinCluster(place);
    await cluster.allReduceMean([tf.scalar(0)]);
    const before = tf.memory().numTensors;
    let wrong = 0;
    for (let round = 0; round < 50; round++) {
      const calls = Array.from({ length: 20 }, async (_, i) => {
        const own = tf.fill([10], round * 20 + i + mine);
        const pending = cluster.allReduceMean([own]);
        own.dispose();
        const [mean] = await pending;
        if (mean!.dataSync()[3] !== round * 20 + i + (cluster.size - 1) / 2) wrong++;
        mean!.dispose();
      });
      await Promise.all(calls);
    }
    const leaked = tf.memory().numTensors - before;
    await cluster.close();
    return { wrong, leaked };
  },
  /** Random bits and a mean that rounds: the same on all. */
  async bits() {
    const cluster = await joinCluster(place);
    const own = new Float32Array(randomBytes(4 * 5000).map((byte, i) => (i % 4 === 3 ? 0x3f : byte)).buffer);
    const [mean] = await cluster.allReduceMean([tf.tensor1d(own)]);
    const texts = await cluster.gatherTexts(Buffer.from(mean!.dataSync<'float32'>().buffer).toString('base64'));
    await cluster.close();
    return { alike: new Set(texts).size };
  },
  async refusals() {
    const cluster = await joinCluster(place);
    const [a, b] = await Promise.all([
      cluster.allReduceMean([tf.scalar(1, 'int32')]).catch(told),
      cluster.broadcast([tf.tensor1d([true], 'bool')]).catch(told),
    ]);
    const again = await joinCluster(place).catch(told);
    await cluster.close();
    return { reduce: a, broadcast: b, again, closed: await cluster.barrier().catch(told) };
  },
  async lost() {
    const cluster = await joinCluster({ ...place, checkSeconds: 1 });
    const error = await until(cluster).catch(told);
    return { error, later: await cluster.barrier().catch(told) };
  },
  /** Worker 0 has nothing to say for longer than any check takes, and is not taken for dead. */
  async slow() {
    const cluster = await joinCluster({ ...place, checkSeconds: 1 });
    if (mine === 0) {
      const end = Date.now() + 10_000;
      while (Date.now() < end);
    }
    await cluster.barrier();
    await cluster.close();
    return 'well';
  },
  async ends() {
    const cluster = await joinCluster({ ...place, checkSeconds: 1 });
    if (mine !== 1) return { error: await until(cluster).catch(told) };
    const pending = cluster.barrier().catch(told);
    await setTimeout(500);
    cluster.abort('no such picture');
    return { error: await pending };
  },
  /** Takes longer than the others wait. */
  async late() {
    const cluster = await joinCluster({ ...place, timeoutSeconds: 20 });
    if (mine === 1) await setTimeout(12_000);
    const error = await cluster.allReduceMean([tf.scalar(1)], { timeoutSeconds: 3 }).catch(told);
    return { error };
  },
  async alone() {
    const error = await joinCluster({ ...place, timeoutSeconds: 2 }).catch(told);
    return { error };
  },
  async started() {
    await useEngine({ device: 'cpu', threads: 1 });
    return { error: await joinCluster(place).catch(told) };
  },
};

console.log(JSON.stringify((await SCENARIOS[scenario]!()) ?? null));
process.exit(0);
