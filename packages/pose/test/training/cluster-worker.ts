/** One worker that trains a pose estimator, in a process of its own: `tsx cluster-worker.ts INDEX ADDRESS,ADDRESS BATCH FOLDER`. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { CocoDetection } from '@icconv/coco';
import { findInData, loadTaskWeights, localRunner, trainTask } from '@icconv/task';
import { joinCluster } from '@icconv/tensor-ops/collectives';
import { useEngine } from '@icconv/tensor-ops/engine';
import { POSE } from '../../src/node';
import { paintedConfig } from '../support/painted';
import { paintedData } from '../support/painted-data';

const [index, addresses, batchSize, folder] = process.argv.slice(2) as [string, string, string, string];
const workers = addresses.split(',');
const engine = { device: 'cpu', threads: 1 } as const;
const cluster = workers.length > 1 ? await joinCluster({ ...engine, workers, index: Number(index) }) : undefined;
if (cluster === undefined) await useEngine(engine);

const base = paintedConfig(96);
const config = {
  ...base,
  backbone: { block: 'basic', blocks: [1, 1, 1, 1], width: 8 },
  head: { ...base.head, deconvs: Array.from({ length: 3 }, () => ({ channels: 16, kernel: 4 as const })) },
  input: { ...base.input, divisor: 32, sampling: 'half-pixel' },
  // After so few steps nothing is certain, and something is to be found.
  grouping: { ...base.grouping, detectionThreshold: 1e-6 },
} as const;
const train = await paintedData(join(folder, `data-${index}`), config.skeleton.keypoints);
// Batch norms by their running statistics, those of the head as well: a worker knows its own batch alone.
const step: typeof POSE.training.step = (weights, batch, model, parts) =>
  POSE.training.step(weights, batch, model, { ...parts, batchNorm: () => false });
let scored: readonly CocoDetection[] | undefined;
const score: typeof POSE.evaluation.score = (records, ...rest) => {
  scored = records;
  return POSE.evaluation.score(records, ...rest);
};
const task = { ...POSE, training: { ...POSE.training, step }, evaluation: { ...POSE.evaluation, score } };
const model = { config };
await trainTask(task, {
  ...{
    model,
    train,
    val: train,
    folder: join(folder, 'run'),
    workers: 0,
    progress: false,
    handleInterrupt: false,
    steps: 20,
  },
  recipe: {
    ...{ epochs: 20, batchSize: Number(batchSize), learningRate: 1e-3, warmUpSteps: 2, clipNorm: 5, seed: 3 },
    ...{ norms: 'eval', augment: {}, emaDecay: 0.9, evaluateEvery: 20 },
  },
  ...(cluster !== undefined && { cluster }),
});
await cluster?.close();
if (index === '0') {
  // What the workers found together is what one finds.
  const weights = await loadTaskWeights(task, join(folder, 'run/final.safetensors'), model);
  const runner = localRunner(task, model, weights);
  const { records } = await findInData(task, runner, train);
  console.log(JSON.stringify({ found: records.length, alike: isDeepStrictEqual(records, scored) }));
}
process.exit(0);
