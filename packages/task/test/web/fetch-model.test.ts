/** Models and pictures from servers that have them, lack them, or break off: each fault with its address. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ImageDecodeError } from '@icconv/base';
import { afterEach, expect, test } from 'vitest';
import { z } from 'zod';
import type { NetworkTask, NetworkTypes } from '../../src/contract/network-task';
import { ModelFileError } from '../../src/model/description';
import { fetchModel } from '../../src/web/fetch-model';
import { decodeWebPicture } from '../../src/web/web-picture';

const TASK = {
  noun: 'thing',
  model: { format: 'thing/1', schema: z.object({ size: z.number() }), toJson: (model: object) => model },
} as unknown as NetworkTask<NetworkTypes>;
const DESCRIPTION = '{"format":"thing/1","size":3}';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** @param absent - how the server answers for other files. */
const files = (
  contents: Readonly<Record<string, string>>,
  asked: string[] = [],
  absent = { status: 404, type: 'text/plain' },
) =>
  ((request, response) => {
    asked.push(request.url!);
    const content = contents[request.url!];
    if (content === undefined) response.writeHead(absent.status, { 'content-type': absent.type }).end('<html>');
    else response.end(content);
  }) satisfies RequestListener;

/** Ends the connection in the middle of this file. */
const cutting =
  (path: string): RequestListener =>
  (request, response) => {
    if (request.url !== path) return response.end(DESCRIPTION);
    response.writeHead(200, { 'content-length': '1000' });
    return response.write('{"format":', () => setTimeout(() => response.destroy(), 20));
  };

/** What a rejection is, by kind and words. */
async function faultOf(promise: Promise<unknown>, kind: { isInstance(error: unknown): boolean }) {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(kind.isInstance(error), String(error)).toBe(true);
  return (error as Error).message;
}

test('the folder that a training leaves: the same weights are taken as in Node', async () => {
  const asked: string[] = [];
  const both = { '/run/best.safetensors': 'best', '/run/final.safetensors': 'final' };
  const url = await serve(files({ '/run/model.json': DESCRIPTION, ...both }, asked));
  const { model, weights, path } = await fetchModel(TASK, `${url}/run`);
  expect(model).toEqual({ size: 3 });
  expect(Buffer.from(weights).toString()).toBe('best');
  expect(path).toBe(`${url}/run/best.safetensors`);
  expect(asked).toEqual(['/run/model.json', '/run/model.safetensors', '/run/best.safetensors']);
});

test('a server that answers with its page for what is not there', async () => {
  const contents = { '/run/model.json': DESCRIPTION, '/run/final.safetensors': 'final' };
  const url = await serve(files(contents, [], { status: 200, type: 'text/html; charset=utf-8' }));
  expect((await fetchModel(TASK, { model: `${url}/run/model.json` })).path).toBe(`${url}/run/final.safetensors`);
});

test('no weights: what was looked for, and what helps', async () => {
  const url = await serve(files({ '/run/model.json': DESCRIPTION }));
  const message = await faultOf(fetchModel(TASK, `${url}/run/`), ModelFileError);
  expect(message).toBe(
    `${url}/run/model.json: neither model.safetensors nor best.safetensors nor final.safetensors is beside it; ` +
      'serve one of them there, or give the address or bytes of others as `weights`',
  );
  const named = fetchModel(TASK, { model: `${url}/run/`, weights: `${url}/a.safetensors` });
  expect(await faultOf(named, ModelFileError)).toBe(`${url}/a.safetensors: the server answers 404 Not Found`);
});

test('another fault of the server is not taken for a missing file', async () => {
  const url = await serve(files({ '/model.json': DESCRIPTION }, [], { status: 500, type: 'text/plain' }));
  expect(await faultOf(fetchModel(TASK, url), ModelFileError)).toContain('/model.safetensors: the server answers 500');
});

test.each([
  ['/model.json', {}],
  ['/model.safetensors', {}],
  ['/model.safetensors', { onProgress: () => {} }],
])('a connection that is cut in %s', async (path, options) => {
  const url = await serve(cutting(path));
  expect(await faultOf(fetchModel(TASK, url, options), ModelFileError)).toContain(`${url}${path}: cannot be fetched: `);
});

test('an abort while the weights come is the signal’s reason', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/model.json') response.end(DESCRIPTION);
    else response.write('first');
  });
  const controller = new AbortController();
  const onProgress = () => controller.abort(new Error('enough'));
  await expect(fetchModel(TASK, url, { signal: controller.signal, onProgress })).rejects.toThrow(/^enough$/);
});

test('a description without a folder wants its weights named', async () => {
  const model = `data:application/json,${encodeURIComponent(DESCRIPTION)}`;
  expect(await faultOf(fetchModel(TASK, model), ModelFileError)).toBe(
    'data URL: has no folder with weights; give their address or bytes as `weights`',
  );
  const { weights } = await fetchModel(TASK, { model, weights: Uint8Array.of(1) });
  expect(weights).toEqual(Uint8Array.of(1));
});

test('what is no address', async () => {
  expect(await faultOf(fetchModel(TASK, 'models/digits'), ModelFileError)).toBe(
    'models/digits: is no absolute address',
  );
});

test('a picture whose connection is cut is that picture’s fault', async () => {
  const url = await serve(cutting('/cut.png'));
  const message = await faultOf(decodeWebPicture(`${url}/cut.png`), ImageDecodeError);
  expect(message).toContain(`${url}/cut.png: cannot be decoded: it cannot be fetched: `);
});
