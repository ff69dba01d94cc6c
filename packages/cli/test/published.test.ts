/** Published checkpoints by name: fetched, checked, kept, run, evaluated; from a server of the test's own. */
import { createHash } from 'node:crypto';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDetector, DETECTION, type DetectionModel } from '@icconv/detection/node';
import { fetchRow, readModel, type ZooRow } from '@icconv/task';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { endToEnd } from './end-to-end';
import { makeSquares } from './tiny-data';

const { path, icconv, fails, take } = endToEnd('published');
const zoo = DETECTION.zoo as ZooRow<DetectionModel>[];
let server: Server;
let served: Buffer;
let asked = 0;

beforeAll(async () => {
  await makeSquares(path, 'pattern: { manual: { maxDilation: 2 } }');
  server = createServer((_, response) => {
    asked++;
    response.end(served);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  zoo.splice(
    zoo.findIndex(({ name }) => name === 'test/squares'),
    1,
  );
  server.close();
});
beforeEach(() => void vi.stubEnv('ICCONV_CACHE', path('cache')));
afterEach(() => void vi.unstubAllEnvs());

/** Names of the publisher's file end in its checksum. */
let file: string;

test('a row is fetched once, checked, and run by its name', async () => {
  await icconv('train', 'detection', '--config', path('train.yaml'), '--set', 'model.masks=true', '--workers', '0');
  served = readFileSync(path('run', 'final.safetensors'));
  const sha256 = createHash('sha256').update(served).digest('hex').slice(0, 8);
  file = `squares-${sha256}.safetensors`;
  const { model } = await readModel(DETECTION, path('run'));
  const row: ZooRow<DetectionModel> = {
    ...{ name: 'test/squares', model, licence: { code: 'MIT', trainedOn: [] }, source: 'this test' },
    file: { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${file}`, sha256 },
    metric: { dataset: 'COCO val2017', values: { AP: 12.5, maskAP: 11.5 } },
  };
  zoo.push(row);

  const offline = createDetector('test/squares', { offline: true });
  await expect(offline).rejects.toThrow(/^download of test\/squares .*squares-.* is not in the cache.*\n {2}remedy: /);
  const fetching = createDetector('test/squares');
  const detector = await fetching;
  const local = await createDetector({ model: path('run'), weights: path('run', 'final.safetensors') });
  const picture = path('images', '0.png');
  expect(await detector.detect(picture, { scoreThreshold: 0 })).toEqual(
    await local.detect(picture, { scoreThreshold: 0 }),
  );
  await Promise.all([detector.dispose(), local.dispose()]);
  expect(existsSync(path('cache', 'models', 'test', file))).toBe(true);

  expect(await fetchRow(row, { offline: true })).toMatchObject({ downloaded: false });
  take();
  await icconv('detect', picture, '--model', 'test/squares', '--offline', '--json');
  expect(JSON.parse(take())).toHaveLength(1);
  await icconv('models', 'fetch', 'test/squares', '--json');
  expect(JSON.parse(take())).toEqual([
    { name: 'test/squares', path: path('cache', 'models', 'test', file), downloaded: false },
  ]);
  expect(asked).toBe(1);
}, 60_000);

test('a file of the zoo anywhere on the disk is known by its name', async () => {
  copyFileSync(path('cache', 'models', 'test', file), path(file));
  const detector = await createDetector(path(file), { offline: true });
  expect(detector.classes).toEqual(['square']);
  await detector.dispose();
  await icconv('detect', path('images', '0.png'), '--weights', path(file), '--json');
  expect(JSON.parse(take())).toHaveLength(1);
});

test('a damaged file in the cache is fetched again, and refused when the network may not be touched', async () => {
  writeFileSync(path('cache', 'models', 'test', file), 'damaged');
  await expect(createDetector('test/squares', { offline: true })).rejects.toThrow(/is damaged/);
  await (await createDetector('test/squares')).dispose();
  expect(asked).toBe(2);
});

test('reproduce puts the measured numbers beside the published ones', async () => {
  mkdirSync(path('coco', 'annotations'), { recursive: true });
  copyFileSync(path('gt.json'), path('coco', 'annotations', 'instances_val2017.json'));
  cpSync(path('images'), path('coco', 'val2017'), { recursive: true });
  const args = ['reproduce', 'detection', '--coco', path('coco'), '--model', 'test/squares', '--offline'];
  await icconv(...args, '--limit', '2');
  expect(take()).toMatch(
    /\ntest\/squares: box AP \d+\.\d measured \(the first 2 pictures only\), 12\.5 published \(this test\)\ntest\/squares: mask AP \d+\.\d measured \(the first 2 pictures only\), 11\.5 published \(this test\)$/,
  );
  await icconv(...args, '--json', '--out', path('found.json'));
  const { figures, stats, model } = JSON.parse(take());
  expect(model).toBe('test/squares');
  expect(figures).toEqual([
    { metric: 'box AP', published: 12.5, measured: 100 * stats.AP },
    { metric: 'mask AP', published: 11.5, measured: 100 * stats.maskAP },
  ]);
  expect(JSON.parse(readFileSync(path('found.json'), 'utf8')).length).toBeGreaterThan(0);
}, 60_000);

test('without --model the default one is taken; offline, one error names it and the remedy', async () => {
  const error = await fails('detect', path('images', '0.png'), '--offline');
  expect(error).toMatch(
    /^download of torchvision\/fasterrcnn-resnet50-fpn-v2 \(https:.*\): .* is not in the cache and --offline forbids to fetch it\n {2}remedy: /,
  );
});
