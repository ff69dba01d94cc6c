/**
 * pnpm --filter @icconv/tensor-ops bench:weights [--json]
 *
 * Loading a ResNet-101 checkpoint of 178 MB, made on the fly: MB/s and how far the process's memory rises, in terms of the file's size.
 * `arrays`: typed arrays in the file's layout. `tensors`: a state dict in TensorFlow's layouts (every filter reordered).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { convertWeights, type WritableTensor, writePytorch, writeSafetensors } from '../src/weights';

const ROUNDS = 5;
const MB = 1e6;

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const folder = mkdtempSync(join(tmpdir(), 'icconv-bench-weights-'));
try {
  const tensors = resnet101();
  const half = join(folder, 'half.pth');
  const files = [
    await writePytorch(join(folder, 'model.pth'), tensors),
    await writeSafetensors(join(folder, 'model.safetensors'), tensors),
  ];
  await convertWeights(files[0]!, half, { dtype: 'float16' });
  files.push(half);
  const cases = files.flatMap((file) => [
    { file, mode: 'arrays' },
    { file, mode: 'tensors' },
  ]);
  const samples = cases.map(() => [] as { ms: number; rise: number }[]);
  // In turns, so that a slow phase of the machine hits all of them alike.
  for (let round = 0; round < ROUNDS; round++) {
    for (const [c, { file, mode }] of cases.entries()) samples[c]!.push(load(mode, file));
  }
  for (const [c, { file, mode }] of cases.entries()) report(file, mode, samples[c]!);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function load(mode: string, file: string): { ms: number; rise: number } {
  const script = fileURLToPath(new URL('./weights-load.ts', import.meta.url));
  const text = execFileSync(process.execPath, [...process.execArgv, script, mode, file], { encoding: 'utf8' });
  const { ms, before, peak } = JSON.parse(text.trim().split('\n').at(-1)!) as Record<'ms' | 'before' | 'peak', number>;
  return { ms, rise: peak - before };
}

function report(file: string, mode: string, runs: readonly { ms: number; rise: number }[]): void {
  const bytes = statSync(file).size;
  const times = runs.map(({ ms }) => ms).sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)]!;
  // Memory is the worst of all rounds.
  const rise = Math.max(...runs.map((run) => run.rise));
  const result = {
    bench: 'weights',
    file: file.split('/').at(-1)!,
    mode,
    megabytes: bytes / MB,
    medianMs: median,
    minMs: times[0]!,
    megabytesPerSecond: bytes / MB / (median / 1000),
    peakOverFile: rise / bytes,
  };
  if (values.json) console.log(JSON.stringify(result));
  else {
    const { megabytes, megabytesPerSecond, peakOverFile, minMs } = result;
    console.log(
      `${result.file.padEnd(18)} ${mode.padEnd(8)} ${megabytes.toFixed(0).padStart(4)} MB  ${median.toFixed(0).padStart(5)} ms ` +
        `(min ${minMs.toFixed(0)})  ${megabytesPerSecond.toFixed(0).padStart(5)} MB/s  peak ${peakOverFile.toFixed(2)} of the file`,
    );
  }
}

/** The tensors of torchvision's ResNet-101, filled with numbers that cost nothing to make. */
function resnet101(): WritableTensor[] {
  const list: WritableTensor[] = [];
  const add = (name: string, ...shape: number[]) => {
    const length = shape.reduce((product, n) => product * n, 1);
    list.push({
      name,
      shape,
      dtype: 'float32',
      read: async () => new Uint8Array(Float32Array.from({ length }, (_, i) => (i % 997) / 997).buffer),
    });
  };
  const norm = (name: string, channels: number) => {
    for (const field of ['weight', 'bias', 'running_mean', 'running_var']) add(`${name}.${field}`, channels);
  };
  add('conv1.weight', 64, 3, 7, 7);
  norm('bn1', 64);
  let inputs = 64;
  for (const [stage, blocks] of [3, 4, 23, 3].entries()) {
    const width = 64 << stage;
    for (let block = 0; block < blocks; block++) {
      const prefix = `layer${stage + 1}.${block}`;
      add(`${prefix}.conv1.weight`, width, inputs, 1, 1);
      add(`${prefix}.conv2.weight`, width, width, 3, 3);
      add(`${prefix}.conv3.weight`, width * 4, width, 1, 1);
      norm(`${prefix}.bn1`, width);
      norm(`${prefix}.bn2`, width);
      norm(`${prefix}.bn3`, width * 4);
      if (block === 0) {
        add(`${prefix}.downsample.0.weight`, width * 4, inputs, 1, 1);
        norm(`${prefix}.downsample.1`, width * 4);
      }
      inputs = width * 4;
    }
  }
  add('fc.weight', 1000, 2048);
  add('fc.bias', 1000);
  return list;
}
