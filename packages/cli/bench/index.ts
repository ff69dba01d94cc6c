/**
 * pnpm bench cli [--json] [--only start,hosted] [--rounds N]
 *
 * `icconv detect` on one picture of 800x1216 from the start of its process to the boxes, Faster R-CNN R50-FPN with random weights, as
 * safetensors and as a PyTorch file, beside torchvision's from the start of Python; the steps of it apart; and what a call of a detector in a
 * child process takes more than one in this process. The program is the built one, as its users run it. Answers are checked first.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decodeImage } from '@icconv/base/pictures';
import { fasterRcnnConfig, initFasterRcnn } from '@icconv/detection';
import { DETECTION, saveDetectorWeights } from '@icconv/detection/node';
import { writeModel } from '@icconv/task';
import { useEngine } from '@icconv/tensor-ops/engine';
import sharp from 'sharp';
import { pythonEnv } from '../../../tooling/bench/python-env.mjs';
import { summarize } from '../../tensor-ops/bench/measure';
import { hostedOverhead } from './hosted';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: 'start,hosted' },
    rounds: { type: 'string', default: '7' },
  },
});
const parts = values.only.split(',');
const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const emit = (row: object, text: string) =>
  console.log(
    values.json ? JSON.stringify({ bench: 'cli', simd: engine.simd, tensorflow: engine.version, ...row }) : text,
  );

const engine = await useEngine({ device: 'cpu' });
const folder = mkdtempSync(join(tmpdir(), 'icconv-bench-cli-'));
try {
  const picture = await makePicture();
  if (parts.includes('start')) await benchStart(picture);
  if (parts.includes('hosted')) await benchHosted(picture);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Blurred noise: random weights find objects of many sizes in it. */
async function makePicture(): Promise<string> {
  const create = { width: 152, height: 100, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } } as const;
  const path = join(folder, 'picture.png');
  const noise = sharp({ create: { ...create, background: 'black' } });
  await sharp(await noise.png().toBuffer())
    .resize(1216, 800)
    .png()
    .toFile(path);
  return path;
}

interface Detected {
  readonly score: number;
  readonly box: readonly number[];
}

async function benchStart(picture: string): Promise<void> {
  const config = fasterRcnnConfig({ backbone: { depth: 50 }, classes: 90 });
  const weights = initFasterRcnn(config, { seed: 1 });
  const model = join(folder, 'model');
  await writeModel(DETECTION, model, { config, classes: Array.from({ length: 90 }, (_, i) => `class ${i}`) });
  await saveDetectorWeights(join(model, 'model.safetensors'), weights, config);
  const pth = join(folder, 'model.pth');
  await saveDetectorWeights(pth, weights, config);

  const bin = at('../dist/bin.js');
  const detect = (...more: string[]) => {
    const args = [bin, 'detect', picture, '--model', model, '--json', ...more];
    const output = execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 2 ** 26 });
    return (JSON.parse(output) as { detections: Detected[] }[])[0]!.detections;
  };
  const contenders: { name: string; run(): readonly Detected[] }[] = [
    { name: 'icconv', run: () => detect() },
    { name: 'icconv, .pth', run: () => detect('--weights', pth) },
  ];
  const python = await pythonEnv({
    requirements: new URL('../../../tooling/bench/detection/requirements.txt', import.meta.url),
    modules: ['torch', 'torchvision'],
  });
  if (python !== undefined) {
    const script = at('../../../tooling/bench/detection/cold-start.py');
    const run = () => JSON.parse(execFileSync(python, [script, pth, picture], { encoding: 'utf8' })) as Detected[];
    contenders.push({ name: 'torchvision', run });
  }
  const [first, ...others] = contenders.map(({ run }) => run());
  for (const other of others) checkSame(first!, other);
  const times = contenders.map(() => [] as number[]);
  const stages: Record<string, { wallMs: number[]; processorMs: number[] }> = {};
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [c, { run }] of contenders.entries()) {
      const start = performance.now();
      run();
      times[c]!.push(performance.now() - start);
    }
    const output = execFileSync(process.execPath, [at('./stages.mjs'), model, picture], { encoding: 'utf8' });
    for (const [stage, { wallMs, processorMs }] of Object.entries(JSON.parse(output) as Stages)) {
      stages[stage] ??= { wallMs: [], processorMs: [] };
      const seen = stages[stage];
      seen.wallMs.push(wallMs);
      seen.processorMs.push(processorMs);
    }
  }
  for (const [c, { name }] of contenders.entries()) {
    const timing = summarize(times[c]!);
    const row = { kind: 'start to boxes', network: 'r50', engine: name, ...timing };
    emit(row, `start to boxes, ${name}: ${timing.medianMs.toFixed(0)} ms (min ${timing.minMs.toFixed(0)})`);
  }
  for (const [stage, { wallMs, processorMs }] of Object.entries(stages)) {
    const timing = summarize(wallMs);
    const processor = summarize(processorMs).medianMs;
    const row = { kind: 'step of it', part: stage, ...timing, processorMs: processor };
    emit(row, `  ${stage}: ${timing.medianMs.toFixed(0)} ms, processor time ${processor.toFixed(0)} ms`);
  }
}

type Stages = Readonly<Record<string, { readonly wallMs: number; readonly processorMs: number }>>;

/** The same number of boxes, and nearly all of them at nearly the same place. */
function checkSame(ours: readonly Detected[], theirs: readonly Detected[]): void {
  const near = (one: Detected) =>
    theirs.some(
      ({ score, box }) =>
        Math.abs(score - one.score) < 1e-3 && box.every((edge, k) => Math.abs(edge - one.box[k]!) < 0.1),
    );
  const share = ours.filter(near).length / Math.max(1, ours.length);
  if (ours.length === 0 || !(share > 0.97)) throw new Error(`${ours.length} boxes, of which the other has ${share}`);
}

async function benchHosted(picture: string): Promise<void> {
  const png = await readFile(picture);
  const jpeg = await sharp(png).jpeg().toBuffer();
  const inputs = { pixels: await decodeImage(png), 'JPEG in memory': jpeg, path: picture };
  for (const row of await hostedOverhead(at('../../../examples/digits/model'), inputs)) {
    const { input, inProcess, hosted, overheadMs } = row;
    const text = `hosted, ${input}: ${hosted.medianMs.toFixed(1)} ms, here ${inProcess.medianMs.toFixed(1)} ms: ${overheadMs.toFixed(1)} ms more`;
    emit({ kind: 'hosted call', ...row }, text);
  }
}
