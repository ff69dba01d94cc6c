import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeSplit } from '@icconv/example-digits';
import { runExample } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'icconv-example-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('answers pictures, refuses what is none, and ends when told so', async (context) => {
  await writeSplit({ folder, split: 'test', count: 1 });
  const picture = Uint8Array.from(readFileSync(join(folder, 'images', 'test-000001.png')));
  const model = fileURLToPath(new URL('../../digits/model', import.meta.url));
  const printed = await runExample(context, new URL('./server.ts', import.meta.url), [model, '0'], async (server) => {
    let text = '';
    server.process.stdout!.on('data', (more: string) => (text += more));
    await server.saw('/detect');
    const address = /POST (\S+)/.exec(text)![1]!;
    const post = (body: Uint8Array<ArrayBuffer> | string, headers: Record<string, string> = {}) =>
      fetch(address, { method: 'POST', body, headers });
    const found = (await (await post(picture)).json()) as { width: number; detections: { label: string }[] };
    expect(found.width).toBe(320);
    expect(found.detections.length).toBeGreaterThan(1);
    for (const { label } of found.detections) expect(label).toMatch(/^\d$/);
    const drawn = await post(picture, { accept: 'image/png' });
    expect(drawn.headers.get('content-type')).toBe('image/png');
    expect((await post('no picture', { 'content-type': 'image/png' })).status).toBe(400);
    server.process.kill('SIGTERM');
  });
  expect(printed).toMatch(/^POST http:\/\/127\.0\.0\.1:\d+\/detect\n$/);
});
