/**
 * pnpm bench pose [--json] [--threads N] [--only forward,whole,step,grouping]
 *
 * Bottom-up networks at 640x640 (R50, IC-R50 k13, R101, IC-R101 k13, each with the head of transposed convolutions) beside onnxruntime and
 * torch with the same weights; a whole picture with flip, at one and at three scales; a training step of R50 and IC-R50 k13 on one picture
 * beside torch; grouping of 1, 5, 20 and 30 people on maps of 160 and 640 pixels beside mmpose 0.29's parser. Answers checked first, contenders in turns. Without Python there are no peers. `--json` prints
 * one JSON object a line.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { groupKeypoints } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import { maxRelativeError } from '@icconv/test-utils';
import { hashedTensor } from '@icconv/test-utils/values';
import { adam } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { ENGINES, Peers } from '../../models/bench/peers';
import { type Contender, inProcess, interleaved } from '../../tensor-ops/bench/measure';
import {
  batchTargets,
  compilePose,
  estimatePicture,
  initPose,
  outputStrides,
  type PoseConfig,
  type PoseTruth,
  poseStep,
} from '../src/index';
import { POSE_ZOO } from '../src/node';
import { paintCrowd } from './crowd';

const NETWORKS = {
  R50: 'ic-conv/bottom-up-resnet50-640',
  'IC-R50 k13': 'ic-conv/bottom-up-ic-resnet50-640',
  R101: 'ic-conv/bottom-up-resnet101-640',
  'IC-R101 k13': 'ic-conv/bottom-up-ic-resnet101-640',
} as const;
const published = (wanted: string) => POSE_ZOO.find(({ name }) => name === wanted)!.model;
const SIZE = 640;
/** float32 through a hundred layers, in other orders of summation; of the largest value. */
const TOLERANCE = 1e-3;

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: 'forward,whole,step,grouping' },
  },
});
const threads = Number(values.threads);
const parts = values.only.split(',');
const engine = await useEngine({ device: 'cpu', threads });
const peers = await Peers.start(threads, 'pose');
const machine = { tensorflow: engine.version, simd: engine.simd, threads, peers: peers?.versions };
const say = (text: string) => values.json || console.log(text);
const emit = (line: object) => values.json && console.log(JSON.stringify({ bench: 'pose', ...line, ...machine }));
say(
  `TensorFlow ${engine.version}, ${engine.simd}, ${threads} threads; peers: ${JSON.stringify(peers?.versions ?? 'none')}`,
);

try {
  if (parts.includes('forward')) await forward();
  if (parts.includes('whole')) await whole();
  if (parts.includes('step')) await benchStep();
  if (parts.includes('grouping')) await grouping();
} finally {
  peers?.stop();
}

/** Plain and inception of one depth side by side. */
async function forward(): Promise<void> {
  say(`\nforward ${SIZE}x${SIZE}, one picture, ms (over the same engine's plain)`);
  for (const names of [
    ['R50', 'IC-R50 k13'],
    ['R101', 'IC-R101 k13'],
  ] as const) {
    const x = hashedTensor<tf.Rank.R4>('image', [1, SIZE, SIZE, 3]);
    await peers?.input(x);
    const contenders: { readonly engine: string; readonly name: string; readonly run: Contender }[] = [];
    const compiled = [];
    for (const name of names) {
      const { config } = published(NETWORKS[name]);
      const weights = initPose(config, { seed: 1 });
      await peers?.model(name, weights, config.backbone, 'backbone.');
      const network = compilePose(weights, config);
      tf.dispose(weights);
      compiled.push(network);
      contenders.push({ engine: 'icconv', name, run: inProcess(() => network.forward(x)[0]!) });
      if (peers === undefined) continue;
      const [own] = network.forward(x);
      for (const peer of ENGINES) {
        const error = maxRelativeError((await own!.data()) as Float32Array, await peers.result(peer, name));
        if (!(error < TOLERANCE)) throw new Error(`${name}: differs from ${peer} by ${error}`);
        contenders.push({ engine: peer, name, run: (repeat) => peers.time(peer, name, repeat) });
      }
      own!.dispose();
    }
    const timings = await interleaved(contenders.map(({ run }) => run));
    const medianOf = (by: string, name: string) =>
      timings[contenders.findIndex((one) => one.engine === by && one.name === name)]!.medianMs;
    for (const [i, { engine: by, name }] of contenders.entries()) {
      const { medianMs: median } = timings[i]!;
      const overPlain = median / medianOf(by, names[0]);
      const overOurs = median / medianOf('icconv', name);
      say(
        `  ${name.padEnd(12)} ${by.padEnd(12)} ${median.toFixed(0).padStart(6)}  (${overPlain.toFixed(2)})  ${overOurs.toFixed(2)} times ours`,
      );
      emit({ part: 'forward', network: name, engine: by, ...timings[i], overPlain, overOurs });
    }
    for (const network of compiled) network.dispose();
    x.dispose();
  }
}

async function whole(): Promise<void> {
  say('\na picture of 480x640 with flip, R50, ms');
  const { config } = published('ic-conv/bottom-up-resnet50-640');
  const weights = initPose(config, { seed: 1 });
  const network = compilePose(weights, config);
  tf.dispose(weights);
  const picture = { data: new Uint8Array(480 * 640 * 3).fill(90), height: 480, width: 640 };
  const tests = { 'one scale': [1], 'scales 2, 1, 0.5': [2, 1, 0.5] };
  for (const [name, scales] of Object.entries(tests)) {
    const run: Contender = async (repeat) => {
      const start = performance.now();
      for (let i = 0; i < repeat; i++) estimatePicture(network, picture, config, { flip: true, scales });
      return (performance.now() - start) / repeat;
    };
    const [timing] = await interleaved([run]);
    say(`  ${name.padEnd(18)} ${timing!.medianMs.toFixed(0)}`);
    emit({ part: 'whole', network: 'R50', scales, ...timing });
  }
  network.dispose();
}

/** Forward, backward and Adam on one picture with two people, every weight trained. The first step's losses must be the peer's. */
async function benchStep(): Promise<void> {
  say(`\ntraining step ${SIZE}x${SIZE}, one picture, ms`);
  const person = (left: number) =>
    Array.from({ length: 17 }, (_, joint) => [left + 12 * (joint % 4), 40 + 30 * joint, 2]).flat();
  const truth = { people: [person(80), person(400)] };
  const x = hashedTensor<tf.Rank.R4>('image', [1, SIZE, SIZE, 3]);
  await peers?.input(x);
  for (const name of ['R50', 'IC-R50 k13'] as const) {
    const { config } = published(NETWORKS[name]);
    const weights = initPose(config, { seed: 1 });
    await peers?.model(name, weights, config.backbone, 'backbone.');
    await handTargets(truth, config);
    const optimizer = adam();
    const step = () => {
      const { losses, gradients, statistics } = poseStep(weights, x, [truth], config, {
        trainable: (weight) => !/running_(mean|var)$/.test(weight),
        batchNorm: true,
      });
      optimizer.update(weights, gradients, { learningRate: 1e-5 });
      for (const [key, value] of Object.entries(statistics ?? {})) {
        weights[key]!.dispose();
        weights[key] = value;
      }
      tf.dispose({ ...gradients });
      return losses;
    };
    const contenders: { readonly engine: string; readonly run: Contender }[] = [
      {
        engine: 'icconv',
        run: async () => {
          const start = performance.now();
          step();
          return performance.now() - start;
        },
      },
    ];
    if (peers !== undefined) {
      const theirs = await peers.peer.ask<Record<string, number>>({ do: 'step', model: name, repeat: 1 });
      const ours = step();
      for (const loss of ['heatmap', 'push', 'pull'] as const) {
        const expected = theirs[loss]! * config.loss[loss];
        const error = Math.abs(ours[loss]! / expected - 1);
        if (!(error < TOLERANCE)) throw new Error(`${name}: ${loss} is ${ours[loss]}, torch's ${expected}`);
      }
      const ask = { do: 'step', model: name };
      contenders.push({
        engine: 'torch',
        run: async (repeat) => (await peers.peer.ask<{ ms: number }>({ ...ask, repeat })).ms,
      });
    }
    const timings = await interleaved(contenders.map(({ run }) => run));
    for (const [i, { engine: by }] of contenders.entries()) {
      const ratio = timings[0]!.medianMs / timings[i]!.medianMs;
      const beside = i === 0 ? '' : `  ours ${ratio.toFixed(2)} of it`;
      say(`  ${name.padEnd(12)} ${by.padEnd(12)} ${timings[i]!.medianMs.toFixed(0).padStart(6)}${beside}`);
      emit({
        part: 'step',
        network: name,
        engine: by,
        ...timings[i],
        overPeer: timings[0]!.medianMs / timings.at(-1)!.medianMs,
      });
    }
    optimizer.dispose();
    tf.dispose(weights);
  }
  x.dispose();
}

/** Gives the peer the very heatmaps that are learned, and the pixels whose tags are. */
async function handTargets(truth: PoseTruth, config: PoseConfig): Promise<void> {
  if (peers === undefined) return;
  const strides = outputStrides(config);
  const targets = batchTargets([truth], {
    keypoints: config.skeleton.keypoints.length,
    tagPerKeypoint: config.head.tagPerKeypoint,
    height: SIZE,
    width: SIZE,
    strides,
    sigma: config.loss.sigma,
    centre: config.loss.centre,
    maxPeople: config.grouping.maxPeople,
  });
  const [{ heatmaps }] = targets.outputs as [(typeof targets.outputs)[number]];
  const values = (await heatmaps.data()) as Float32Array;
  const places = truth.people.map((person) =>
    Array.from({ length: person.length / 3 }, (_, joint) =>
      [person[3 * joint]!, person[3 * joint + 1]!].map((value) => Math.floor(value / strides[0]!)),
    ),
  );
  await peers.peer.hand({ do: 'targets', shape: heatmaps.shape, places }, 'targets', (file) =>
    writeFileSync(file, values),
  );
  targets.dispose();
}

async function grouping(): Promise<void> {
  say('\ngrouping, two tags a keypoint, ms');
  for (const size of [160, 640]) {
    for (const people of [1, 5, 20, 30]) {
      const { heatmaps, tags } = paintCrowd(people, size);
      const found = groupKeypoints(heatmaps, tags).people;
      const ours: Contender = async (repeat) => {
        const start = performance.now();
        for (let i = 0; i < repeat; i++) groupKeypoints(heatmaps, tags);
        return (performance.now() - start) / repeat;
      };
      const [timing] = await interleaved([ours]);
      const theirs = await askMmpose(heatmaps, tags);
      if (theirs !== undefined && theirs.people !== found) {
        throw new Error(`mmpose finds ${theirs.people} people, we ${found}`);
      }
      const beside =
        theirs === undefined
          ? ''
          : `  mmpose 0.29 ${theirs.ms.toFixed(0)}, ${(theirs.ms / timing!.medianMs).toFixed(0)} times ours`;
      say(`  ${size}x${size} ${String(people).padStart(3)} people ${timing!.medianMs.toFixed(2).padStart(7)}${beside}`);
      emit({ part: 'grouping', size, people, ...timing, mmpose: theirs?.ms });
      tf.dispose([heatmaps, tags]);
    }
  }
}

/** Once: seconds a call. Undefined where mmpose is not installed. */
async function askMmpose(
  heatmaps: tf.Tensor3D,
  tags: tf.Tensor4D,
): Promise<{ ms: number; people: number } | undefined> {
  if (peers === undefined) return undefined;
  const files = { heatmaps: join(peers.peer.folder, 'heatmaps'), tags: join(peers.peer.folder, 'tags') };
  writeFileSync(files.heatmaps, (await heatmaps.data()) as Float32Array);
  writeFileSync(files.tags, (await tags.data()) as Float32Array);
  const [tagSize] = tags.shape;
  await peers.peer.ask({ do: 'maps', ...files, shape: [...heatmaps.shape, tagSize] });
  return peers.peer.ask<{ ms: number; people: number }>({ do: 'group', repeat: 1 }).catch(() => undefined);
}
