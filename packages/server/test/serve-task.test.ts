import { once } from 'node:events';
import { request } from 'node:http';
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { ImageDecodeError } from '@icconv/base';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Answer, type ServedTask, serveTask, type TaskServer, type TaskServerOptions } from '../src';

/** Answers a picture of n bytes by n; the query's `wait` is how long it takes. */
const COUNTING: ServedTask = {
  verb: 'count',
  description: 'count bytes',
  query: z.object({ wait: z.coerce.number().min(0).default(0) }),
  answer: z.object({ width: z.number(), height: z.number(), bytes: z.number() }),
  async run(picture, { wait }, signal) {
    await sleep(wait as number, undefined, { signal });
    if (picture[0] === 0) throw new ImageDecodeError('<buffer>', 'it begins with 0');
    if (picture[0] === 1) throw new TypeError('a path of this machine: /srv/secret');
    return { width: 1, height: 1, bytes: picture.length } as { width: number; height: number };
  },
  draw: async (picture, _, __, format) => new TextEncoder().encode(`${format} of ${picture.length}`),
  model: { name: 'counter', classes: ['byte'] },
};

interface Description {
  readonly paths: Record<string, { post: { parameters: unknown; responses: Record<string, Answered> } }>;
}
interface Answered {
  readonly content: { 'application/json': { schema: { required: string[] } } };
}

let server: TaskServer;
const ended: Answer[] = [];
afterEach(async () => {
  await server?.close();
  ended.length = 0;
});

async function start(options: TaskServerOptions = {}): Promise<void> {
  server = await serveTask(COUNTING, { port: 0, onEnd: (answer) => ended.push(answer), ...options });
}

const post = (body: string | Uint8Array<ArrayBuffer>, query = '', headers: Record<string, string> = {}) =>
  fetch(`${server.address}/count${query}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'image/jpeg', ...headers },
  });
const codeOf = async (response: Response) => [
  response.status,
  ((await response.json()) as { error: { code: string } }).error.code,
];
const bytes = (count: number, first = 7) => Uint8Array.from({ length: count }, () => first);

describe('a picture', () => {
  test('as the body, of any kind of picture or none', async () => {
    await start();
    for (const type of ['image/png', 'application/octet-stream', 'IMAGE/JPEG; q=1']) {
      const response = await post(bytes(5), '', { 'content-type': type });
      expect([response.status, await response.json()]).toEqual([200, { width: 1, height: 1, bytes: 5 }]);
    }
  });

  test('as a file of a form', async () => {
    await start();
    const form = new FormData();
    form.append('comment', 'no file');
    form.append('file', new Blob([bytes(9)]), 'a.png');
    const response = await fetch(`${server.address}/count`, { method: 'POST', body: form });
    expect(await response.json()).toMatchObject({ bytes: 9 });
    const empty = new FormData();
    empty.append('comment', 'no file');
    expect(await codeOf(await fetch(`${server.address}/count`, { method: 'POST', body: empty }))).toEqual([
      415,
      'ICCONV_NO_PICTURE',
    ]);
  });

  test('comes back drawn over where a picture is asked for', async () => {
    await start();
    for (const [accept, drawn] of [
      ['image/png', 'png of 3'],
      ['image/jpeg', 'jpg of 3'],
    ] as const) {
      const response = await post(bytes(3), '', { accept });
      expect(response.headers.get('content-type')).toBe(accept);
      expect(await response.text()).toBe(drawn);
    }
    expect((await post(bytes(3), '', { accept: '*/*' })).headers.get('content-type')).toContain('json');
  });

  test('that cannot be read, is of another kind, or is asked for what cannot be', async () => {
    await start();
    expect(await codeOf(await post(bytes(3, 0)))).toEqual([400, 'ICCONV_IMAGE_DECODE']);
    expect(await codeOf(await post('{}', '', { 'content-type': 'application/json' }))).toEqual([
      415,
      'ICCONV_NO_PICTURE',
    ]);
    expect(await codeOf(await post(bytes(3), '?wait=soon'))).toEqual([400, 'ICCONV_QUERY']);
    expect(await codeOf(await fetch(`${server.address}/elsewhere`))).toEqual([404, 'ICCONV_NO_SUCH_PATH']);
  });

  test('of too many bytes, whether its length is said or not', async () => {
    await start({ maxBytes: 100 });
    expect((await post(bytes(100))).status).toBe(200);
    expect(await codeOf(await post(bytes(101)))).toEqual([413, 'ICCONV_PICTURE_TOO_LONG']);
    const stream = new ReadableStream({
      async pull(controller) {
        // Else the server, in the same process, has no turn to refuse it.
        await setImmediate();
        controller.enqueue(bytes(64));
      },
    });
    const endless = { method: 'POST', body: stream, duplex: 'half', headers: { 'content-type': 'image/png' } };
    expect(await codeOf(await fetch(`${server.address}/count`, endless as RequestInit))).toEqual([
      413,
      'ICCONV_PICTURE_TOO_LONG',
    ]);
  });
});

test('what fails inside is told to the caller of the server and not to strangers', async () => {
  await start();
  const response = await post(bytes(3, 1));
  expect(response.status).toBe(500);
  expect(await response.text()).not.toContain('secret');
  expect(ended).toEqual([{ status: 500, seconds: expect.any(Number), error: expect.any(TypeError) }]);
});

test('more than may wait are refused at once, and taken again afterwards', async () => {
  await start({ queue: 2 });
  const here = [post(bytes(1), '?wait=400'), post(bytes(2), '?wait=400')];
  await sleep(100);
  const from = performance.now();
  const refused = await post(bytes(3), '?wait=400');
  expect(performance.now() - from).toBeLessThan(200);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect(await codeOf(refused)).toEqual([503, 'ICCONV_SERVER_BUSY']);
  expect((await Promise.all(here)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await post(bytes(3))).status).toBe(200);
});

test('work that takes too long ends, and so does that for a client that has gone', async () => {
  await start({ seconds: 0.2, queue: 1 });
  expect(await codeOf(await post(bytes(1), '?wait=60000'))).toEqual([504, 'ICCONV_SERVER_TIMEOUT']);
  await server.close();
  await start({ queue: 1 });
  const sent = request(`${server.address}/count?wait=60000`, {
    method: 'POST',
    headers: { 'content-type': 'image/png' },
  });
  sent.on('error', () => {});
  sent.end(bytes(3));
  await sleep(100);
  sent.destroy();
  await expect.poll(() => ended.at(-1)?.status).toBe(499);
  expect((await post(bytes(3))).status).toBe(200);
});

test('closing waits for what is here and takes nothing new', async () => {
  await start();
  const { address } = server;
  const work = post(bytes(4), '?wait=300');
  await sleep(100);
  const closed = server.close();
  expect(await (await work).json()).toMatchObject({ bytes: 4 });
  await closed;
  await expect(fetch(`${address}/health`)).rejects.toThrow();
});

test('health, model, figures and the description', async () => {
  await start();
  const get = async (path: string) => (await fetch(`${server.address}${path}`)).json();
  expect(await get('/health')).toEqual({ status: 'ok' });
  expect(await get('/ready')).toEqual({ ready: true });
  expect(await get('/model')).toEqual({ task: 'count', name: 'counter', classes: ['byte'] });
  await post(bytes(3));
  await post(bytes(3, 0));
  const figures = await (await fetch(`${server.address}/metrics`)).text();
  expect(figures).toContain('icconv_requests_total{status="200"} 1');
  expect(figures).toContain('icconv_requests_total{status="400"} 1');
  expect(figures).toContain('icconv_request_seconds_count 1');
  const { paths } = (await get('/openapi.json')) as Description;
  const { parameters, responses } = paths['/count']!.post;
  expect(parameters).toEqual([{ name: 'wait', in: 'query', schema: { default: 0, minimum: 0, type: 'number' } }]);
  expect(Object.keys(responses)).toEqual(['200', '400', '413', '415', '500', '503', '504']);
  expect(responses['200']!.content['application/json'].schema.required).toEqual(['width', 'height', 'bytes']);
});

test('a port that is taken is an error of the start', async () => {
  await start();
  const port = Number(new URL(server.address).port);
  await expect(serveTask(COUNTING, { port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('a client that sends slowly is let go', async () => {
  await start({ seconds: 0.3 });
  const sent = request(`${server.address}/count`, {
    method: 'POST',
    headers: { 'content-length': '100', 'content-type': 'image/png' },
  });
  sent.on('error', () => {});
  sent.write(bytes(1));
  const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  expect(response.statusCode).toBe(408);
});
