/**
 * pnpm bench detection [--json] [--threads N] [--device cpu|cuda] [--only detect,masks,step] [--networks plain,inception,mask,cascade]
 *
 * A whole detection at 800x1216 (Faster R-CNN R50-FPN and IC-R50-FPN, Mask and Cascade R-CNN R50-FPN; 1000 proposals, 100 detections), its
 * stages apart, the detection with its masks in the picture, and a training step at 512x512, beside torchvision and onnxruntime with the
 * same weights: answers checked first, contenders in turns. torchvision has no cascade; its pieces make one after mmdetection's
 * definition. Without Python there are no peers; on a GPU those are asked that ICCONV_BENCH_PYTHON has for it, answers are compared in
 * float32 and times taken with TF32. `--json` prints one JSON object a line.
 */
import { parseArgs } from 'node:util';
import { publishedPattern } from '@icconv/models';
import { pasteMasks } from '@icconv/tensor-ops';
import { EngineUnavailableError, useEngine } from '@icconv/tensor-ops/engine';
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
import { type PeerDetections, Peers } from './peers';
import { stagesOf } from './stages';

const PATTERN = 'detection/ic-resnet50-k9';
const HEIGHT = 800;
const WIDTH = 1216;
const STEP_SIZE = 512;
const NETWORKS = {
  plain: {},
  inception: { pattern: PATTERN },
  mask: { masks: true },
  cascade: { cascade: true },
} as const;
type Name = keyof typeof NETWORKS;
/** Those whose training steps are measured. */
const TRAINED: readonly Name[] = ['plain', 'inception'];

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    device: { type: 'string', default: 'cpu' },
    only: { type: 'string', default: 'detect,masks,step' },
    networks: { type: 'string', default: Object.keys(NETWORKS).join() },
  },
});
const threads = Number(values.threads);
const parts = values.only.split(',');
const device = values.device === 'cuda' ? 'cuda' : 'cpu';
const engine = await useEngine({ device, threads }).catch((error) => {
  if (device === 'cpu' || !EngineUnavailableError.isInstance(error)) throw error;
  console.error(`cuda: nothing to measure; ${error.attempts.map(({ reason }) => reason).join('; ')}`);
  process.exit();
});
const peers = await Peers.start(threads, device);
const say = (text: string) => values.json || console.log(text);
const machine = { device, tensorflow: engine.version, simd: engine.simd, threads, peers: peers?.versions };
const emit = (line: object) => values.json && console.log(JSON.stringify({ bench: 'detection', ...line, ...machine }));
say(
  `TensorFlow ${engine.version}, ${device}, ${engine.simd}, ${threads} threads; peers: ${peers === undefined ? 'none' : JSON.stringify(peers.versions)}`,
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

function chosenNetworks(list: string): Name[] {
  const unknown = list.split(',').filter((name) => !(name in NETWORKS));
  if (unknown.length === 0) return list.split(',') as Name[];
  console.error(`--networks: no ${unknown.join(', ')}; there are ${Object.keys(NETWORKS).join(', ')}`);
  process.exit(1);
}

interface BenchDetector {
  readonly name: Name;
  readonly config: FasterRcnnConfig;
  readonly weights: Record<string, tf.Tensor>;
  readonly compiled: CompiledFasterRcnn;
}

const detectors: BenchDetector[] = [];
for (const name of chosenNetworks(values.networks)) {
  const { pattern, ...heads }: { pattern?: typeof PATTERN; masks?: true; cascade?: true } = NETWORKS[name];
  const conv = pattern === undefined ? { kind: 'plain' as const } : { kind: 'inception' as const, pattern };
  const config = fasterRcnnConfig({ backbone: { depth: 50, conv: conv as never }, classes: 90, ...heads });
  const weights = initFasterRcnn(config, { seed: 1 });
  await peers?.model(name, weights, config, TRAINED.includes(name), pattern && publishedPattern(pattern));
  detectors.push({ name, config, weights, compiled: compileFasterRcnn(weights, config) });
}

try {
  if (parts.includes('detect')) await benchDetect();
  if (parts.includes('masks')) await benchPastedMasks();
  if (parts.includes('step')) await benchStep();
} finally {
  peers?.stop();
}

function detected({ compiled, config }: BenchDetector, paste = false): Found {
  const { images, sizes } = preparePictures([picture], config.input);
  const [found] = compiled.detect(images, sizes);
  const { boxes, scores, classes, masks } = found!;
  const result = {
    boxes: boxes.arraySync(),
    scores: scores.dataSync(),
    labels: classes.dataSync(),
    ...(masks && { masks: masks.dataSync() }),
  };
  if (paste) pasteMasks(masks!, boxes, { height: HEIGHT, width: WIDTH });
  tf.dispose([images, { ...found! }]);
  return result;
}

async function benchDetect(): Promise<void> {
  const contenders = detectors.flatMap((detector) => [
    { name: detector.name, engine: 'icconv', run: async () => timed(() => detected(detector)) },
    ...(peers?.engines ?? []).map((engine) => ({
      name: detector.name,
      engine,
      run: (repeat: number) => peers!.detect(engine, detector.name, repeat),
    })),
  ]);
  for (const detector of detectors) {
    await useEngine({ device, gpuPrecision: 'float32' });
    const ours = detected(detector);
    await useEngine({ device, gpuPrecision: 'tf32' });
    for (const engine of peers?.engines ?? []) {
      const share = agreement(ours, await peers!.answer(engine, detector.name));
      if (!(share > 0.97)) throw new Error(`${detector.name}: ${engine} agrees on ${share} of the detections`);
      say(
        `${detector.name}: ${ours.scores.length} detections, of which ${engine} has ${(100 * share).toFixed(0)} % within 0.05 pixels and 1e-4 in score${ours.masks ? ', 1e-4 in masks' : ''}`,
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

/** With the masks in the picture: as run lengths here, as pixels in torchvision. That they agree `pnpm bench tensor-ops paste` checks. */
async function benchPastedMasks(): Promise<void> {
  const contenders = detectors
    .filter(({ config }) => config.mask !== undefined)
    .flatMap((detector) => {
      const { name } = detector;
      const theirs = (repeat: number) => peers!.detect('torchvision', name, repeat, true);
      return [
        { name, engine: 'icconv', run: async () => timed(() => detected(detector, true)) },
        ...(peers === undefined ? [] : [{ name, engine: 'torchvision', run: theirs }]),
      ];
    });
  report('masks in the picture', contenders, await interleaved(contenders.map(({ run }) => run as Contender)));
}

async function benchStep(): Promise<void> {
  const boxes = Array.from({ length: 8 }, (_, i) => [20 + 50 * i, 30 + 40 * i, 90 + 50 * i, 150 + 40 * i]);
  const labels = boxes.map((_, i) => 1 + i);
  const cut = tf.tidy(() =>
    Uint8Array.from(tf.slice(tf.tensor3d(pixels, [HEIGHT, WIDTH, 3]), [0, 0, 0], [STEP_SIZE, STEP_SIZE, 3]).dataSync()),
  );
  const small = { data: cut, height: STEP_SIZE, width: STEP_SIZE };
  const trained = detectors.filter(({ name }) => TRAINED.includes(name));
  const contenders = trained.flatMap(({ name, config, weights }) => {
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
      // On a GPU all of this is queued.
      tf.tidy(() => Object.values(weights)[0]!.flatten().slice(0, 1).dataSync());
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
  for (const [i, { name, engine }] of contenders.entries()) {
    const timing = timings[i]!;
    const { medianMs: ms, minMs } = timing;
    // What is called best is the fastest peer; of the plain network also for the inception network, which shall cost no more.
    const beside = name === 'inception' && job.startsWith('detect') ? 'plain' : name;
    const peerTimes = contenders.flatMap((other, k) =>
      other.name === beside && other.engine !== 'icconv' ? [timings[k]!.medianMs] : [],
    );
    const overPeer = ms / Math.min(...(peerTimes.length > 0 ? peerTimes : [ms]));
    emit({ kind: job, network: name, engine, ...timing, overPeer });
    say(
      `${job}  ${name.padEnd(10)} ${engine.padEnd(12)} ${ms.toFixed(0).padStart(6)} ms (min ${minMs.toFixed(0)})  ${overPeer.toFixed(2)} of the best peer's${beside === name ? '' : ` ${beside}`}`,
    );
  }
}

interface Found {
  readonly boxes: readonly (readonly number[])[];
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** [D, M, M] */
  readonly masks?: ArrayLike<number>;
}

/** Share of our detections that the peer has too: the same class, 0.05 pixels, 1e-4 in score, 1e-4 in the mask's probabilities on average. */
function agreement(ours: Found, theirs: PeerDetections): number {
  const same = ours.boxes.filter((box, i) =>
    theirs.boxes.some(
      (other, j) =>
        theirs.labels[j] === ours.labels[i]! + 1 &&
        Math.abs(theirs.scores[j]! - ours.scores[i]!) < 1e-4 &&
        other.every((edge, k) => Math.abs(edge - box[k]!) < 0.05) &&
        (theirs.masks === undefined || sameMask(ours, i, theirs.masks[j]![0]!.flat())),
    ),
  );
  return same.length / Math.max(1, ours.boxes.length);
}

function sameMask({ masks }: Found, i: number, theirs: readonly number[]): boolean {
  const difference = theirs.reduce((sum, value, k) => sum + Math.abs(masks![i * theirs.length + k]! - value), 0);
  return difference < 1e-4 * theirs.length;
}
