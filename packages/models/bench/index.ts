/**
 * pnpm bench models [--json] [--threads N] [--size 224x224]
 *
 * Times ResNet-50 and IC-ResNet-50 (k9) up to C5, one image, compiled for the native engine, beside onnxruntime and torch with the
 * same weights: answers checked first, contenders in turns. Without Python there are no peers: the answers are then compared with the
 * network as it is trained. `--json` prints one JSON object a line instead of text.
 */
import { parseArgs } from 'node:util';
import { useEngine } from '@icconv/tensor-ops/engine';
import { maxRelativeError } from '@icconv/test-utils';
import { hashedTensor } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { type Contender, inProcess, interleaved, type Timing } from '../../tensor-ops/bench/measure';
import {
  type CompiledResNet,
  compileForInference,
  initResNet,
  type ResNetConfig,
  resnet,
  type StateDict,
  summary,
} from '../src/index';
import { ENGINES, Peers } from './peers';

const NETWORKS: Readonly<Record<'plain' | 'inception', ResNetConfig>> = {
  plain: { depth: 50 },
  inception: { depth: 50, conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } },
};
const NAMES = ['plain', 'inception'] as const;
const SIZES = [
  [224, 224],
  [800, 1216],
] as const;
/** float32 through 53 layers, in other orders of summation. */
const TOLERANCE = 1e-4;
/** Jobs above this are hardly touched by what ran before them. */
const SHORT_MS = 250;

interface Network {
  readonly name: (typeof NAMES)[number];
  readonly config: ResNetConfig;
  readonly weights: Readonly<StateDict>;
  readonly compiled: CompiledResNet;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    size: { type: 'string' },
  },
});
const threads = Number(values.threads);
const engine = await useEngine({ device: 'cpu', threads });
const peers = await Peers.start(threads);
const machine = { tensorflow: engine.version, simd: engine.simd, threads, peers: peers?.versions };
if (!values.json) {
  const names = peers && ENGINES.map((name) => `${name} ${peers.versions[name]}`).join(', ');
  console.log(`TensorFlow ${engine.version}, ${engine.simd}, ${threads} threads; peers: ${names ?? 'none'}`);
}

const networks: Network[] = [];
for (const name of NAMES) {
  const config = NETWORKS[name];
  const weights = initResNet(config, { seed: 1 });
  await peers?.model(name, weights, config);
  networks.push({ name, config, weights, compiled: compileForInference(weights, config) });
}
try {
  const sizes = values.size === undefined ? SIZES : [values.size.split('x').map(Number) as [number, number]];
  for (const size of sizes) await benchSize(size);
} finally {
  peers?.stop();
}

async function benchSize([height, width]: readonly [number, number]): Promise<void> {
  const x = hashedTensor<tf.Rank.R4>('image', [1, height, width, 3]);
  await peers?.input(x);
  const contenders = networks.flatMap(({ name, compiled }) => [
    { engine: 'icconv', network: name, run: inProcess(() => compiled.forward(x, { returns: ['c5'] }).c5) },
    ...(peers === undefined ? [] : ENGINES).map((peer) => ({
      engine: peer,
      network: name,
      run: (repeat: number) => peers!.time(peer, name, repeat),
    })),
  ]);
  const errors = await checkAnswers(x);
  const timings = await interleaved(contenders.map(({ run }) => settled(run)));
  x.dispose();

  const medianOf = (wanted: string, network: string) =>
    timings[contenders.findIndex((c) => c.engine === wanted && c.network === network)]!.median;
  for (const [i, { engine: name, network }] of contenders.entries()) {
    const { macs } = summary(NETWORKS[network], [height, width]);
    report({
      size: `${height}x${width}`,
      network,
      engine: name,
      ...timings[i]!,
      gflops: (2 * macs) / timings[i]!.median / 1e6,
      overPlain: medianOf(name, network) / medianOf(name, 'plain'),
      overOurs: medianOf(name, network) / medianOf('icconv', network),
      relativeError: errors[name === 'icconv' ? 'own' : name]![network]!,
    });
  }
}

/**
 * A contender whose short jobs run once unmeasured in each turn: by then its weights are back in the caches and the threads of the
 * one before have stopped spinning.
 */
function settled(run: Contender): Contender {
  return async (repeat) => {
    const first = await run(1);
    return first < SHORT_MS ? run(repeat) : first;
  };
}

/** Relative differences of C5 between our compiled networks and the peers', or (`own`) our network as it is trained. */
async function checkAnswers(x: tf.Tensor4D): Promise<Record<string, Record<string, number>>> {
  const errors: Record<string, Record<string, number>> = {};
  const note = (by: string, network: string, error: number) => {
    if (!(error < TOLERANCE)) throw new Error(`${network}: C5 differs from that of ${by} by ${error}`);
    errors[by] = { ...errors[by], [network]: error };
  };
  for (const { name, config, weights, compiled } of networks) {
    const { c5 } = compiled.forward(x, { returns: ['c5'] });
    const own = (await c5.data()) as Float32Array;
    const trained = resnet(weights, x, config, { returns: ['c5'] });
    note('own', name, maxRelativeError(own, (await trained.c5.data()) as Float32Array));
    tf.dispose([c5, trained]);
    if (peers === undefined) continue;
    for (const peer of ENGINES) note(peer, name, maxRelativeError(own, await peers.result(peer, name)));
  }
  return errors;
}

interface Row extends Timing {
  readonly size: string;
  readonly network: 'plain' | 'inception';
  readonly engine: string;
  readonly gflops: number;
  /** Time over the same engine's plain network. */
  readonly overPlain: number;
  /** Time over ours of the same network. */
  readonly overOurs: number;
  readonly relativeError: number;
}

function report(row: Row): void {
  if (values.json) {
    console.log(JSON.stringify({ bench: 'models', ...row, ...machine }));
    return;
  }
  const { size, network, engine: name, median, min, gflops, overPlain, overOurs, relativeError } = row;
  const cells = [
    size.padEnd(9),
    network.padEnd(10),
    name.padEnd(12),
    `${median.toFixed(1).padStart(7)} ms (min ${min.toFixed(1)})`.padEnd(28),
    `${gflops.toFixed(0).padStart(4)} GFLOP/s`,
    `${overPlain.toFixed(2)} of plain`,
    `${overOurs.toFixed(2)} of ours`,
    `relative difference ${relativeError.toExponential(1)}`,
  ];
  console.log(cells.join('  '));
}
