/**
 * pnpm bench detection [--json] [--threads N] [--only detect,step]
 *
 * A whole detection at 800x1216 (R50-FPN and IC-R50-FPN, 1000 proposals, 100 detections), its stages apart, and a training step at
 * 512x512, beside torchvision and onnxruntime with the same weights: answers checked first, contenders in turns. Without Python there are
 * no peers. `--json` prints one JSON object a line.
 */
import { parseArgs } from 'node:util';
import { publishedPattern } from '@icconv/models';
import { useEngine } from '@icconv/tensor-ops/engine';
import { seededRandom, sgd } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import { type Contender, interleaved, type Timing } from '../../tensor-ops/bench/measure';
import {
  type CompiledFasterRcnn,
  compileFasterRcnn,
  detectionStep,
  type FasterRcnnConfig,
  fasterRcnnConfig,
  initFasterRcnn,
  preparePictures,
  seededDraw,
} from '../src/index';
import { ENGINES, type PeerDetections, Peers } from './peers';
import { stagesOf } from './stages';

const PATTERN = 'detection/ic-resnet50-k9';
const HEIGHT = 800;
const WIDTH = 1216;
const STEP_SIZE = 512;
const NAMES = ['plain', 'inception'] as const;
type Name = (typeof NAMES)[number];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    only: { type: 'string', default: 'detect,step' },
  },
});
const threads = Number(values.threads);
const parts = values.only.split(',');
const engine = await useEngine({ device: 'cpu', threads });
const peers = await Peers.start(threads);
const say = (text: string) => values.json || console.log(text);
const machine = { tensorflow: engine.version, simd: engine.simd, threads, peers: peers?.versions };
const emit = (line: object) => values.json && console.log(JSON.stringify({ bench: 'detection', ...line, ...machine }));
say(
  `TensorFlow ${engine.version}, ${engine.simd}, ${threads} threads; peers: ${peers === undefined ? 'none' : JSON.stringify(peers.versions)}`,
);

/** Blurred noise: random weights then find objects of many sizes. */
const random = seededRandom('picture');
const coarse = tf.tensor3d(
  Float32Array.from({ length: 50 * 76 * 3 }, () => 255 * random.next()),
  [50, 76, 3],
);
const pixels = tf.tidy(() => Uint8Array.from(tf.image.resizeBilinear(coarse, [HEIGHT, WIDTH]).dataSync()));
coarse.dispose();
const picture = { data: pixels, height: HEIGHT, width: WIDTH };
await peers?.input(pixels, [HEIGHT, WIDTH, 3]);

interface BenchDetector {
  readonly name: Name;
  readonly config: FasterRcnnConfig;
  readonly weights: Record<string, tf.Tensor>;
  readonly compiled: CompiledFasterRcnn;
}

const detectors: BenchDetector[] = [];
for (const name of NAMES) {
  const conv = name === 'plain' ? { kind: 'plain' as const } : { kind: 'inception' as const, pattern: PATTERN };
  const config = fasterRcnnConfig({ backbone: { depth: 50, conv: conv as never }, classes: 90 });
  const weights = initFasterRcnn(config, { seed: 1 });
  await peers?.model(name, weights, config, name === 'plain' ? undefined : publishedPattern(PATTERN));
  detectors.push({ name, config, weights, compiled: compileFasterRcnn(weights, config) });
}

try {
  if (parts.includes('detect')) await benchDetect();
  if (parts.includes('step')) await benchStep();
} finally {
  peers?.stop();
}

async function benchDetect(): Promise<void> {
  const whole = ({ compiled, config }: BenchDetector) => {
    const { images, sizes } = preparePictures([picture], config.input);
    const [found] = compiled.detect(images, sizes);
    const result = {
      boxes: found!.boxes.arraySync(),
      scores: found!.scores.dataSync(),
      labels: found!.classes.dataSync(),
    };
    tf.dispose([images, found!.boxes, found!.scores, found!.classes]);
    return result;
  };
  const contenders = detectors.flatMap((detector) => [
    { name: detector.name, engine: 'icconv', run: async () => timed(() => whole(detector)) },
    ...(peers === undefined ? [] : ENGINES).map((engine) => ({
      name: detector.name,
      engine,
      run: async (repeat: number) => (await peers!.detect(engine, detector.name, repeat)).ms,
    })),
  ]);
  for (const detector of detectors) {
    const ours = whole(detector);
    for (const engine of peers === undefined ? [] : ENGINES) {
      const share = agreement(ours, await peers!.detect(engine, detector.name, 1));
      if (!(share > 0.97)) throw new Error(`${detector.name}: ${engine} agrees on ${share} of the detections`);
      say(
        `${detector.name}: ${ours.scores.length} detections, of which ${engine} has ${(100 * share).toFixed(0)} % within 0.05 pixels and 1e-4 in score`,
      );
    }
  }
  report('detect 800x1216', contenders, await interleaved(contenders.map(({ run }) => run as Contender)));
  for (const { name, config, compiled } of detectors) {
    const stages = stagesOf(compiled, config, picture);
    emit({ kind: 'stages', network: name, ...stages });
    say(
      `${name}, stages in ms: ${Object.entries(stages)
        .map(([stage, ms]) => `${stage} ${ms.toFixed(1)}`)
        .join(', ')}`,
    );
  }
}

async function benchStep(): Promise<void> {
  const boxes = Array.from({ length: 8 }, (_, i) => [20 + 50 * i, 30 + 40 * i, 90 + 50 * i, 150 + 40 * i]);
  const labels = boxes.map((_, i) => 1 + i);
  const cut = tf.tidy(() =>
    Uint8Array.from(tf.slice(tf.tensor3d(pixels, [HEIGHT, WIDTH, 3]), [0, 0, 0], [STEP_SIZE, STEP_SIZE, 3]).dataSync()),
  );
  const small = { data: cut, height: STEP_SIZE, width: STEP_SIZE };
  const contenders = detectors.flatMap(({ name, config, weights }) => {
    const optimizer = sgd({ momentum: 0.9, weightDecay: 1e-4 });
    const trainable = (weight: string) => !/running_(mean|var)$/.test(weight);
    const step = () => {
      const input = { ...config.input, minSize: STEP_SIZE, maxSize: STEP_SIZE };
      const { images, sizes } = preparePictures([small], input);
      const truth = { boxes: tf.tensor2d(boxes), classes: Int32Array.from(labels, (label) => label - 1) };
      const chance = seededRandom('step');
      const options = { draw: seededDraw(() => chance.next()), trainable, batchNorm: true };
      const { gradients, statistics } = detectionStep(weights, { images, sizes, truths: [truth] }, config, options);
      optimizer.update(weights, gradients, { learningRate: 1e-4 });
      for (const [key, value] of Object.entries(statistics)) {
        weights[key]!.dispose();
        weights[key] = value;
      }
      tf.dispose([images, truth.boxes, gradients]);
    };
    return [
      { name, engine: 'icconv', run: async () => timed(step) },
      ...(peers === undefined
        ? []
        : [{ name, engine: 'torch', run: (repeat: number) => peers.step(name, STEP_SIZE, boxes, labels, repeat) }]),
    ];
  });
  report('step 512x512', contenders, await interleaved(contenders.map(({ run }) => run as Contender)));
}

function timed(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function report(job: string, contenders: readonly { name: Name; engine: string }[], timings: readonly Timing[]): void {
  const median = (name: Name, engine: string) =>
    timings[contenders.findIndex((c) => c.name === name && c.engine === engine)]?.median;
  for (const [i, { name, engine }] of contenders.entries()) {
    const { median: ms, min, runs } = timings[i]!;
    const overPeer = ms / (median('plain', 'onnxruntime') ?? median(name, 'torch') ?? ms);
    emit({ kind: job, network: name, engine, medianMs: ms, minMs: min, runs, overPeer });
    const beside = job.startsWith('detect') ? "of onnxruntime's plain" : "of torch's";
    say(
      `${job}  ${name.padEnd(10)} ${engine.padEnd(12)} ${ms.toFixed(0).padStart(6)} ms (min ${min.toFixed(0)})  ${overPeer.toFixed(2)} ${beside}`,
    );
  }
}

interface Found {
  readonly boxes: readonly (readonly number[])[];
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
}

/** Share of our detections that the peer has too: the same class, 0.05 pixels, 1e-4 in score. */
function agreement(ours: Found, theirs: PeerDetections): number {
  const same = ours.boxes.filter((box, i) =>
    theirs.boxes.some(
      (other, j) =>
        theirs.labels[j] === ours.labels[i]! + 1 &&
        Math.abs(theirs.scores[j]! - ours.scores[i]!) < 1e-4 &&
        other.every((edge, k) => Math.abs(edge - box[k]!) < 0.05),
    ),
  );
  return same.length / Math.max(1, ours.boxes.length);
}
