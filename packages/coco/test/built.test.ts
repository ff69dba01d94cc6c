/** The bundle itself: threads from ESM and CommonJS, and no Node module behind the entries for browsers. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, test } from 'vitest';
import config from '../tsup.config';

// Inside node_modules, so that the bundle finds the packages it imports.
const folder = fileURLToPath(new URL('../node_modules/.built-test/', import.meta.url));

// Absolute, because tsup looks for entries from the folder that the tests were started in.
const entry = Object.fromEntries(
  Object.entries((config as { entry: Record<string, string> }).entry).map(([name, file]) => [
    name,
    fileURLToPath(new URL(`../${file}`, import.meta.url)),
  ]),
);

beforeAll(async () => {
  await build({
    ...(config as object),
    entry,
    config: false,
    dts: false,
    sourcemap: false,
    silent: true,
    outDir: folder,
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SCRIPT = `
  const images = Array.from({ length: 30 }, (_, i) => ({ id: i + 1, width: 100, height: 100 }));
  const categories = [1, 2, 3, 4, 5].map((id) => ({ id, name: 'c' + id }));
  const box = (i, by) => [(i * 7) % 50 + by, (i * 11) % 50, 20 + (i % 13), 20 + (i % 9)];
  const at = (i) => ({ image_id: (i % 30) + 1, category_id: (i % 5) + 1 });
  const annotations = Array.from({ length: 200 }, (_, i) => ({ id: i + 1, ...at(i), bbox: box(i, 0), area: 500, iscrowd: i % 17 === 0 ? 1 : 0 }));
  const detections = Array.from({ length: 600 }, (_, i) => ({ ...at(i), bbox: box(i, i % 6), score: ((i * 37) % 101) / 101 }));
  (async () => {
    const gt = coco.CocoDataset.parse({ images, categories, annotations }, { shared: true });
    const dt = coco.CocoResults.parse(detections);
    const one = coco.evaluate(gt, dt, { iouType: 'bbox' });
    const many = await node.evaluateParallel(gt, dt, { iouType: 'bbox', threads: 3 });
    const same = ['precision', 'recall', 'scores'].every((key) => one[key].every((v, i) => v === many[key][i]));
    const failed = await node.evaluateParallel(gt, dt, { iouType: 'segm', threads: 3 }).catch((error) => error.message);
    console.log(JSON.stringify({ same, ap: one.stats.AP, positives: one.positives.length, failed }));
  })();`;

test.each(['esm', 'cjs'])('threads give the same numbers (%s)', (format) => {
  const url = (name: string) => JSON.stringify(pathToFileURL(join(folder, name)).href);
  const path = (name: string) => JSON.stringify(join(folder, name));
  const script =
    format === 'esm'
      ? `import * as coco from ${url('index.js')}; import * as node from ${url('node.js')};${SCRIPT}`
      : `const coco = require(${path('index.cjs')}); const node = require(${path('node.cjs')});${SCRIPT}`;
  const type = format === 'esm' ? 'module' : 'commonjs';
  const out = execFileSync(process.execPath, [`--input-type=${type}`, '-e', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { same, ap, positives, failed } = JSON.parse(out);
  expect({ same, positives }).toEqual({ same: true, positives: 20 });
  expect(ap).toBeGreaterThan(0.05);
  expect(failed).toContain('segmentation');
});

/** Saves datasets of `a` and of `b` in turns to the path that it is given, until it is killed. */
const SAVES = `
  import { CocoDataset } from ${JSON.stringify(pathToFileURL(join(folder, 'index.js')).href)};
  import { saveDataset } from ${JSON.stringify(pathToFileURL(join(folder, 'node.js')).href)};
  const dataset = (name) => CocoDataset.parse({
    images: [{ id: 1, width: 9, height: 9 }], categories: [{ id: 1, name }],
    annotations: Array.from({ length: 5000 }, (_, i) => ({ id: i + 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4], area: 12, iscrowd: 0 })),
  });
  const datasets = [dataset('a'), dataset('b')];
  try { for (let i = 0; ; i++) { console.log('saving'); await saveDataset(process.argv[1], datasets[i % 2]); } }
  catch (error) { console.log(error.code, error.message); process.exitCode = 3; }`;

test('a killed writer leaves the old file or the new one', async () => {
  const target = join(folder, 'saved.json');
  const old = { images: [], categories: [], annotations: [], mine: 'old' };
  writeFileSync(target, JSON.stringify(old));
  const seen = new Set<string>();
  for (let kill = 0; kill < 9; kill++) {
    const child = spawn(process.execPath, ['--input-type=module', '-e', SAVES, target], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    // Inside the first, the second or the third writing, sooner or later.
    let begun = 0;
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (lines: Buffer) => {
        begun += lines.toString().split('saving').length - 1;
        if (begun > kill % 3) resolve();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, kill * 7));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const found = JSON.parse(readFileSync(target, 'utf8'));
    if (found.mine === undefined) expect(found.annotations).toHaveLength(5000);
    seen.add(found.mine ?? found.categories[0].name);
  }
  expect(seen.size).toBeGreaterThan(1);
}, 60_000);

test.skipIf(process.platform === 'win32')(
  'a file that the disk has no room for is a typed error, and the old one stays',
  () => {
    const place = join(folder, 'small');
    mkdirSync(place);
    const target = join(place, 'saved.json');
    writeFileSync(target, '{}');
    // Blocks of 512 bytes: less than the file needs.
    const command = 'ulimit -f 100; exec "$0" --input-type=module -e "$1" "$2"';
    const { stdout, status } = spawnSync('sh', ['-c', command, process.execPath, SAVES, target], { encoding: 'utf8' });
    expect(stdout).toContain(`ICCONV_FILE ${target}: cannot be written`);
    expect(status).toBe(3);
    expect(readFileSync(target, 'utf8')).toBe('{}');
    expect(readdirSync(place)).toEqual(['saved.json']);
  },
);

test('a thread that cannot start is one warning, and the numbers still come', () => {
  rmSync(join(folder, 'evaluate-worker.js'));
  const script = `import * as coco from ${JSON.stringify(pathToFileURL(join(folder, 'index.js')).href)};
    import * as node from ${JSON.stringify(pathToFileURL(join(folder, 'node.js')).href)};${SCRIPT}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(JSON.parse(stdout).same).toBe(true);
  expect(stderr.match(/ICCONV_COCO_NO_THREADS/g)).toHaveLength(1);
});

test('the entries for browsers import no Node module', () => {
  const outsiders = {
    'index.js': ['@icconv/base'],
    'convert.js': ['@icconv/base', 'fast-xml-parser', 'papaparse'],
    'report.js': ['@icconv/base', '@icconv/base/charts'],
  };
  for (const [entry, expected] of Object.entries(outsiders)) {
    const imports = new Set<string>();
    const walk = (file: string) => {
      const text = readFileSync(join(folder, file), 'utf8');
      for (const [, name] of text.matchAll(/(?:^(?:import|export)[^"'()]*|\bimport\()\s*["']([^"']+)["']/gm)) {
        if (imports.has(name!)) continue;
        imports.add(name!);
        if (name!.startsWith('./')) walk(name!.slice(2));
      }
    };
    walk(entry);
    const outside = [...imports].filter((name) => !name.startsWith('./')).sort();
    expect(outside).toEqual(expected);
  }
});
