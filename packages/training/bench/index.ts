/**
 * pnpm bench training [--json] [--workers N] [--images N]; pnpm bench cluster [--json]: see cluster.bench.ts
 *
 * Pictures a second of the data loader: JPEG files of 640 x 480 decoded on worker threads, resized to a shorter side of 800, flipped by chance,
 * normalised and put into batches of two; and the share of each part, decoding and sampling alone. The pictures are made on the spot.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { decodeImage } from '@icconv/base/pictures';
import { resizeNormalize } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import sharp from 'sharp';
import { seededRandom } from '../src';
import { createLoader } from '../src/node';
import { benchCluster } from './cluster.bench';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    workers: { type: 'string', default: String(availableParallelism()) },
    images: { type: 'string', default: '600' },
  },
});
if (positionals[0] === 'cluster') {
  await benchCluster(values.json);
  process.exit(0);
}
const workers = Number(values.workers);
const wanted = Number(values.images);
const engine = await useEngine({ device: 'cpu', threads: availableParallelism() });
const folder = mkdtempSync(join(tmpdir(), 'icconv-bench-'));
const FILES = 32;
try {
  const files: string[] = [];
  for (let i = 0; i < FILES; i++) {
    const random = seededRandom('bench', i);
    // Coarse noise, enlarged: about as many bits a pixel as photographs have.
    const data = Uint8Array.from({ length: 80 * 60 * 3 }, () => random.below(256));
    const file = join(folder, `${i}.jpg`);
    const picture = sharp(data, { raw: { width: 80, height: 60, channels: 3 } }).resize(640, 480, { kernel: 'cubic' });
    await picture.jpeg({ quality: 90 }).toFile(file);
    files.push(file);
  }
  const normal = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } as const;
  const loader = createLoader({
    source: { length: FILES, get: (index) => ({ image: files[index]!, objects: [] }) },
    batchSize: 2,
    workers,
    prefetch: 4,
    augment: { resize: { shortest: 800, longest: 1333 }, flip: 0.5 },
    pixels: normal,
  });
  const rates: number[] = [];
  let seen = 0;
  let start = performance.now();
  for await (const batch of loader.batches()) {
    seen += batch.samples.length;
    batch.dispose();
    if (seen % 100 >= 2) continue;
    rates.push(100_000 / (performance.now() - start));
    start = performance.now();
    if (seen >= wanted) break;
  }
  await loader.close();
  const pictures = await Promise.all(files.map((file) => decodeImage(file)));
  const sampling = rate(200, () =>
    resizeNormalize([pictures[0]!, pictures[1]!], { size: [800, 1067], ...normal }).dispose(),
  );
  const decodeStart = performance.now();
  for (let i = 0; i < 100; i++) await decodeImage(files[i % FILES]!);
  const decoding = 100_000 / (performance.now() - decodeStart);
  // The first hundred warm threads and caches up.
  const settled = rates.slice(1).sort((a, b) => a - b);
  const middle = settled[settled.length >> 1]!;
  const spread = (settled.at(-1)! - settled[0]!) / middle;
  const line = {
    loader: middle,
    fastest: settled.at(-1)!,
    spread,
    decodingOneThread: decoding,
    resizing: 2 * sampling,
  };
  if (values.json) {
    console.log(JSON.stringify({ bench: 'training', ...line, workers, simd: engine.simd, threads: engine.threads }));
  } else {
    console.log(
      `loader: ${middle.toFixed(0)} pictures a second (640x480 JPEG to 800x1067, ${workers} decoding threads)`,
    );
    console.log(
      `decoding alone, one thread: ${decoding.toFixed(0)} a second; resizing and normalising alone: ${(2 * sampling).toFixed(0)} a second`,
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}

/** Calls a second. */
function rate(calls: number, work: () => void): number {
  for (let i = 0; i < 10; i++) work();
  const start = performance.now();
  for (let i = 0; i < calls; i++) work();
  return (1000 * calls) / (performance.now() - start);
}
