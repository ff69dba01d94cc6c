/**
 * pnpm bench models [--json] [--threads N] [--size 224,320,512,800x1216] [--batch 1,8] [--networks r50,ic-r50,r18]
 *     [--precision float32,bfloat16]
 *
 * Times ResNet-50, IC-ResNet-50 (k9) and ResNet-18 up to C5, compiled for the native engine, beside onnxruntime, OpenVINO and torch with the
 * same weights, in float32, in bfloat16 if asked for (ours and OpenVINO) or in both: answers checked first, contenders in turns. One picture at a time unless `--batch` says more; batches of more
 * pixels than eight pictures of 512x512 are left out. Without Python there are no peers: the answers are then compared with the network as it
 * is trained. `--json` prints one JSON object a line instead of text.
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
import { ENGINES_OF, type PeerEngine, Peers } from './peers';

const NETWORKS = {
  r50: { depth: 50 },
  'ic-r50': { depth: 50, conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } },
  r18: { depth: 18 },
} as const satisfies Record<string, ResNetConfig>;
type Name = keyof typeof NETWORKS;
/** What the inception network shall cost no more than. */
const PLAIN: Partial<Record<Name, Name>> = { 'ic-r50': 'r50' };
const MOST_PIXELS = 8 * 512 * 512;
/** float32 through 53 layers, in other orders of summation. */
const TOLERANCE = { float32: 1e-4, bfloat16: 3e-2 } as const;
type Precision = keyof typeof TOLERANCE;
/** What a contender of ours is called, as its peers in that precision are. */
const OURS = { float32: 'icconv', bfloat16: 'icconv-bfloat16' } as const;
/** Jobs above this are hardly touched by what ran before them, whose threads may spin for some hundred milliseconds. */
const SHORT_MS = 1000;

interface Network {
  readonly name: Name;
  readonly config: ResNetConfig;
  readonly weights: Readonly<StateDict>;
  readonly compiled: ReadonlyMap<Precision, CompiledResNet>;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '2' },
    size: { type: 'string', default: '224,320,512,800x1216' },
    batch: { type: 'string', default: '1' },
    networks: { type: 'string', default: Object.keys(NETWORKS).join() },
    precision: { type: 'string', default: 'float32' },
  },
});
const threads = Number(values.threads);
const sizes = values.size.split(',').map((size) => size.split('x').map(Number));
const batches = values.batch.split(',').map(Number);
const precisions = values.precision.split(',') as Precision[];
const unknown = [
  ...values.networks.split(',').filter((name) => !Object.hasOwn(NETWORKS, name)),
  ...precisions.filter((name) => !Object.hasOwn(TOLERANCE, name)),
];
if (unknown.length > 0 || ![...sizes.flat(), ...batches].every((number) => Number.isInteger(number) && number > 0)) {
  console.error(
    `--networks are some of ${Object.keys(NETWORKS)}; --size is like 224,800x1216, --batch like 1,8; --precision some of ${Object.keys(TOLERANCE)}: not ${values.networks}, ${values.size}, ${values.batch}, ${values.precision}`,
  );
  process.exit(1);
}
const engine = await useEngine({ device: 'cpu', threads });
const peers = await Peers.start(threads);
const peerEngines =
  peers === undefined ? [] : precisions.flatMap((precision): readonly PeerEngine[] => ENGINES_OF[precision]);
const machine = { tensorflow: engine.version, simd: engine.simd, threads, peers: peers?.versions };
if (!values.json) {
  const names = peers && peerEngines.map((name) => `${name} ${peers.versions[name]}`).join(', ');
  console.log(`TensorFlow ${engine.version}, ${engine.simd}, ${threads} threads; peers: ${names ?? 'none'}`);
}

const networks: Network[] = [];
for (const name of values.networks.split(',') as Name[]) {
  const config = NETWORKS[name];
  const weights = initResNet(config, { seed: 1 });
  await peers?.model(name, weights, config);
  const compile = (precision: Precision) => [precision, compileForInference(weights, config, { precision })] as const;
  networks.push({ name, config, weights, compiled: new Map(precisions.map(compile)) });
}
try {
  for (const batch of batches) {
    for (const [height, width = height] of sizes) {
      if (batch * height! * width! <= MOST_PIXELS) await benchSize(batch, height!, width!);
    }
  }
} finally {
  peers?.stop();
}

async function benchSize(batch: number, height: number, width: number): Promise<void> {
  const x = hashedTensor<tf.Rank.R4>('image', [batch, height, width, 3]);
  await peers?.input(x);
  const contenders = networks.flatMap(({ name, compiled }) => [
    ...[...compiled].map(([precision, own]) => ({
      engine: OURS[precision],
      network: name,
      run: inProcess(() => own.forward(x, { returns: ['c5'] }).c5),
    })),
    ...peerEngines.map((peer) => ({
      engine: peer,
      network: name,
      run: (repeat: number) => peers!.time(peer, name, repeat),
    })),
  ]);
  const errors = await checkAnswers(x);
  const timings = await interleaved(contenders.map(({ run }) => settled(run)));
  x.dispose();

  const medianOf = (wanted: string, network: Name | undefined) =>
    timings[contenders.findIndex((c) => c.engine === wanted && c.network === network)]?.medianMs;
  for (const [i, { engine: name, network }] of contenders.entries()) {
    const { macs } = summary(NETWORKS[network], [height, width]);
    const { medianMs } = timings[i]!;
    const plain = medianOf(name, PLAIN[network]);
    report({
      batch,
      size: `${height}x${width}`,
      network,
      engine: name,
      ...timings[i]!,
      gflops: (2 * batch * macs) / medianMs / 1e6,
      ...(plain === undefined ? {} : { overPlain: medianMs / plain }),
      overOurs: medianMs / medianOf(OURS[precisions[0]!], network)!,
      relativeError: errors[name]![network]!,
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

/** Relative differences of C5 between our network as it is trained and each contender's. */
async function checkAnswers(x: tf.Tensor4D): Promise<Record<string, Record<string, number>>> {
  const errors: Record<string, Record<string, number>> = {};
  for (const { name, config, weights, compiled } of networks) {
    const trained = resnet(weights, x, config, { returns: ['c5'] });
    const expected = (await trained.c5.data()) as Float32Array;
    tf.dispose(trained);
    const note = (by: string, precision: Precision, result: Float32Array) => {
      const error = maxRelativeError(result, expected);
      if (!(error < TOLERANCE[precision])) throw new Error(`${name}: C5 of ${by} differs by ${error}`);
      errors[by] = { ...errors[by], [name]: error };
    };
    for (const precision of precisions) {
      const { c5 } = compiled.get(precision)!.forward(x, { returns: ['c5'] });
      note(OURS[precision], precision, (await c5.data()) as Float32Array);
      c5.dispose();
      if (peers === undefined) continue;
      for (const peer of ENGINES_OF[precision]) note(peer, precision, await peers.result(peer, name));
    }
  }
  return errors;
}

interface Row extends Timing {
  readonly batch: number;
  readonly size: string;
  readonly network: Name;
  readonly engine: string;
  readonly gflops: number;
  /** Time over the same engine's plain network. */
  readonly overPlain?: number;
  /** Time over ours of the same network. */
  readonly overOurs: number;
  readonly relativeError: number;
}

function report(row: Row): void {
  if (values.json) {
    console.log(JSON.stringify({ bench: 'models', ...row, ...machine }));
    return;
  }
  const { batch, size, network, engine: name, medianMs, minMs, gflops, overPlain, overOurs, relativeError } = row;
  const cells = [
    `${batch} x ${size}`.padEnd(13),
    network.padEnd(7),
    name.padEnd(18),
    `${medianMs.toFixed(1).padStart(7)} ms (min ${minMs.toFixed(1)})`.padEnd(28),
    `${gflops.toFixed(0).padStart(4)} GFLOP/s`,
    overPlain === undefined ? ' '.repeat(13) : `${overPlain.toFixed(2)} of plain`,
    `${overOurs.toFixed(2)} of ours`,
    `relative difference ${relativeError.toExponential(1)}`,
  ];
  console.log(cells.join('  '));
}
