/** The server as a command: the demo's detector, which finds digits. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { bundled } from '@icconv/test-utils';
import sharp from 'sharp';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { endToEnd } from './end-to-end';

const { path, icconv, fails, take } = endToEnd('serve');
const TIMEOUT = { timeout: 240_000 };
const bin = await bundled(fileURLToPath(new URL('../src/bin.ts', import.meta.url)));
const MODEL = fileURLToPath(new URL('../../../examples/digits/model', import.meta.url));

let picture: Uint8Array<ArrayBuffer>;
let server: ChildProcess | undefined;

beforeAll(async () => {
  const one = '<rect x="150" y="60" width="18" height="140" rx="8" fill="white"/>';
  const svg = `<svg width="320" height="320" xmlns="http://www.w3.org/2000/svg"><rect width="320" height="320" fill="#303840"/>${one}</svg>`;
  picture = new Uint8Array(await sharp(Buffer.from(svg)).png().toBuffer());
  await sharp(picture).toFile(path('one.png'));
});
afterEach(() => server?.kill('SIGKILL'));

/** Starts the server; where it listens. */
async function serve(...args: string[]): Promise<string> {
  const node = [bin, 'serve', '--model', MODEL, '--port', '0', ...args];
  server = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'pipe'] });
  for await (const line of createInterface(server.stderr!)) {
    const [, address] = /POST (http:\S+)\/detect/.exec(line) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error('the server ended before it listened');
}

const detect = (address: string, query = '', headers: Record<string, string> = {}) =>
  fetch(`${address}/detect${query}`, {
    method: 'POST',
    body: picture,
    headers: { 'content-type': 'image/png', ...headers },
  });

test(
  'the answer is that of icconv detect, the overlay a picture of the same size, and SIGTERM ends it',
  TIMEOUT,
  async () => {
    const address = await serve('--workers', '2', '--threads', '1', '--json');
    await icconv('detect', path('one.png'), '--model', MODEL, '--score', '0.05', '--json');
    const [expected] = JSON.parse(take());
    const answers = await Promise.all([detect(address, '?score=0.05'), detect(address, '?score=0.05')]);
    for (const answer of answers) {
      const found = (await answer.json()) as { detections: { box: number[]; label: string }[] };
      expect(found.detections.length).toBe(expected.detections.length);
      expect(found.detections.length).toBeGreaterThan(0);
      for (const [i, { label, box }] of found.detections.entries()) {
        expect(label).toBe(expected.detections[i].label);
        for (const [j, edge] of box.entries()) expect(edge).toBeCloseTo(expected.detections[i].box[j], 2);
      }
    }
    const drawn = await detect(address, '', { accept: 'image/png' });
    expect(await sharp(await drawn.arrayBuffer()).metadata()).toMatchObject({ format: 'png', width: 320, height: 320 });

    const ended = once(server!, 'exit');
    server!.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  },
);

test('health is answered while the network is busy', TIMEOUT, async () => {
  const address = await serve('--threads', '1');
  await detect(address);
  const busy = Promise.all([detect(address), detect(address), detect(address), detect(address)]);
  const times: number[] = [];
  let done = false;
  void busy.finally(() => {
    done = true;
  });
  while (!done) {
    const from = performance.now();
    await fetch(`${address}/health`);
    times.push(performance.now() - from);
  }
  for (const { status } of await busy) expect(status).toBe(200);
  // The median: other programs of the machine may take the processor away now and then.
  expect(times.sort((a, b) => a - b)[times.length >> 1]).toBeLessThan(20);
});

test('a model that nobody knows', async () => {
  expect(await fails('serve', '--model', 'torchvision/resnet50-v9')).toContain('torchvision/resnet50-v2');
});
