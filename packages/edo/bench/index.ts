/**
 * pnpm bench edo [--json] [--threads N] [--planted]
 *
 * Whole IC-ResNet-50 with d_max 4: time and memory of the selection by weights alone, and the time of the statistics pass beside one forward
 * pass of the same super-network, in turns. `--planted` adds the recovery of planted dilations over noise.
 */
import { parseArgs } from 'node:util';
import { initResNet, resnet, resnetConfig } from '@icconv/models';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import { resnetNetwork, searchDilations, statisticsPass, superConfig } from '../src/index';
import { NOISE, recoveryCurves } from './planted';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    planted: { type: 'boolean', default: false },
  },
});
const engine = await useEngine({ device: 'cpu', threads: Number(values.threads) });
const say = (line: Record<string, unknown>, text: string) => console.log(values.json ? JSON.stringify(line) : text);
const median = (times: number[]) => times.sort((a, b) => a - b)[times.length >> 1]!;
say(
  { tensorflow: engine.version, simd: engine.simd, threads: values.threads },
  `TensorFlow ${engine.version}, ${engine.simd}, ${values.threads} threads`,
);

const config = superConfig(resnetConfig(50), { maxDilation: 4 });
const weights = initResNet(config, { seed: 1 });
const network = resnetNetwork(weights, config);
const peak = Math.round(process.resourceUsage().maxRSS / 1024);
say({ job: 'weights', peakMiB: peak }, `super-network in memory: peak of the process ${peak} MiB`);
for (const objective of ['weight-l1', 'signed-weights', 'expectation'] as const) {
  const times: number[] = [];
  // The process's high-water mark, in KiB: what a run takes beyond all before it.
  const before = process.resourceUsage().maxRSS;
  for (let run = 0; run < 3; run++) {
    const started = performance.now();
    await searchDilations(network, { objective });
    times.push((performance.now() - started) / 1000);
  }
  const seconds = median(times);
  const memory = Math.round((process.resourceUsage().maxRSS - before) / 1024);
  say(
    { job: 'selection', objective, seconds, memoryMiB: memory },
    `selection by ${objective}: ${seconds.toFixed(2)} s, ${memory} MiB above the peak before`,
  );
}

const image = () => tf.randomNormal<tf.Rank.R4>([1, 224, 224, 3], 0, 1, 'float32', 1);
const jobs = {
  forward: async () => {
    const x = image();
    const { c5 } = tf.tidy(() => resnet(weights, x, config, { returns: ['c5'] }));
    await c5.data();
    tf.dispose([x, c5]);
  },
  means: () => statisticsPass(network, [image()], { inputMeans: true }),
  'output errors': () => statisticsPass(network, [image()], { inputMeans: true, outputErrors: true }),
};
const times: Record<string, number[]> = {};
for (let turn = 0; turn < 10; turn++) {
  for (const [job, run] of Object.entries(jobs)) {
    const started = performance.now();
    await run();
    // The first turn warms up.
    times[job] ??= [];
    if (turn > 0) times[job].push((performance.now() - started) / 1000);
  }
}
const forward = median(times.forward!);
for (const [job, own] of Object.entries(times)) {
  const seconds = median(own);
  say(
    { job, seconds, forwards: seconds / forward },
    `${job}, one image 224x224: ${seconds.toFixed(2)} s, ${(seconds / forward).toFixed(2)} forward passes`,
  );
}
tf.dispose(weights);

if (values.planted) {
  say({ job: 'planted', noise: NOISE }, `noise            ${NOISE.map((noise) => String(noise).padEnd(5)).join('')}`);
  for (const [objective, found] of Object.entries(await recoveryCurves())) {
    say(
      { job: 'planted', objective, found },
      `${objective.padEnd(17)}${found.map((share) => share.toFixed(2).padEnd(5)).join('')}`,
    );
  }
}
