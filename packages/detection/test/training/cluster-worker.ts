/** One worker that trains a detector, in a process of its own: `tsx cluster-worker.ts INDEX ADDRESS,ADDRESS BATCH FOLDER [NORMS STEPS]`. */
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { CocoDetection } from '@icconv/coco';
import { findInData, loadTaskWeights, localRunner, trainTask } from '@icconv/task';
import { joinCluster } from '@icconv/tensor-ops/collectives';
import { useEngine } from '@icconv/tensor-ops/engine';
import { DETECTION } from '../../src/node';
import { boxesData, tinyConfig } from './boxes-data';

type Norms = 'eval' | 'train' | 'synchronised';
const [index, addresses, batchSize, folder, norms = 'eval', steps = '20'] = process.argv.slice(2) as [
  ...[index: string, addresses: string, batchSize: string, folder: string],
  ...[norms?: Norms, steps?: string],
];
const workers = addresses.split(',');
const engine = { device: 'cpu', threads: 1 } as const;
const cluster = workers.length > 1 ? await joinCluster({ ...engine, workers, index: Number(index) }) : undefined;
if (cluster === undefined) await useEngine(engine);

const base = tinyConfig(2);
// Every anchor and every proposal is learned from, so that no chance is involved, and there are as many in each picture.
const config = {
  ...base,
  rpn: {
    ...base.rpn,
    train: { ...base.rpn.train, postNmsTopN: 4 },
    sampler: { perImage: 100_000, foregroundShare: 0.5 },
  },
  roi: { ...base.roi, sampler: { perImage: 1000, foregroundShare: 0.5 } },
};
const train = await boxesData(join(folder, `data-${index}`), { pictures: 12, alike: true });
const model = { config, classes: train.dataset.categories.map(({ name }) => name) };
let scored: readonly CocoDetection[] | undefined;
const score: typeof DETECTION.evaluation.score = (records, ...rest) => {
  scored = records;
  return DETECTION.evaluation.score(records, ...rest);
};
const task = { ...DETECTION, evaluation: { ...DETECTION.evaluation, score } };
await trainTask(task, {
  ...{ model, train, val: train, folder: join(folder, 'run') },
  ...{ workers: 0, progress: false, handleInterrupt: false, steps: Number(steps) },
  recipe: {
    ...{ epochs: 20, batchSize: Number(batchSize), learningRate: 0.005, warmUpSteps: 2, clipNorm: 5, seed: 3 },
    ...{ norms, augment: {}, emaDecay: 0.9, evaluateEvery: 20 },
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
