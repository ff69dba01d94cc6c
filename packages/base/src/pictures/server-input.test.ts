/** What servers need of decoding: kinds of input that are refused, limits of addresses, many pictures at once. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ImageDecodeError } from '../errors/image-decode-error';
import { decodeAhead } from './decode-ahead';
import { decodeImage, imageSize } from './decode-image';
import type { DecodeOptions, ImageInput } from './image-input';

const solid = (width: number) =>
  sharp({ create: { width, height: 2, channels: 3, background: '#123456' } })
    .png()
    .toBuffer();
let png: Buffer;
let server: Server;
let host: string;
const asked: string[] = [];

beforeAll(async () => {
  png = await solid(3);
  server = createServer((request, response) => {
    asked.push(request.url!);
    switch (request.url) {
      case '/picture':
        response.end(png);
        break;
      case '/moved':
        response.writeHead(302, { location: '/picture' }).end();
        break;
      case '/inside':
        response.writeHead(302, { location: `http://127.0.0.1:${port()}/picture` }).end();
        break;
      case '/file':
        response.writeHead(302, { location: 'file:///etc/passwd' }).end();
        break;
      case '/circle':
        response.writeHead(302, { location: '/circle' }).end();
        break;
      case '/slow':
        response.write(png.subarray(0, 10));
        break;
      default:
        response.writeHead(404).end();
    }
  });
  const port = () => (server.address() as AddressInfo).port;
  await new Promise<void>((resolve) => server.listen(0, resolve));
  host = `localhost:${port()}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function reason(input: ImageInput, options: DecodeOptions): Promise<string> {
  const error = await decodeImage(input, options).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ImageDecodeError);
  return (error as ImageDecodeError).reason;
}

test('kinds of input that are not taken are refused before anything is read', async () => {
  const accept = ['bytes', 'pixels'] as const;
  const pixels = { data: new Uint8Array(12), width: 2, height: 2 };
  expect((await decodeImage(png, { accept })).width).toBe(3);
  expect((await decodeImage(pixels, { accept })).width).toBe(2);
  asked.length = 0;
  expect(await reason('/etc/passwd', { accept })).toBe('paths of files are not taken here, only encoded bytes, pixels');
  expect(await reason(new URL('file:///etc/passwd'), { accept })).toMatch(/^paths of files are not taken/);
  expect(await reason(`HTTP://${host}/picture`, { accept })).toMatch(/^addresses are not taken/);
  expect(await reason('data:image/png;base64,AAAA', { accept })).toMatch(/^data addresses are not taken/);
  expect(await reason(sharp(png), { accept })).toMatch(/^sharp pipelines are not taken/);
  await expect(imageSize(`http://${host}/picture`, { accept })).rejects.toThrow('addresses are not taken');
  expect(asked).toEqual([]);
  expect(await reason(png, { accept: ['path'] })).toBe('encoded bytes are not taken here, only paths of files');
});

test('what is no picture at all says so', async () => {
  for (const [input, word] of [
    [null, 'null'],
    [undefined, 'undefined'],
    [7, 'number'],
    [{}, 'object'],
  ] as const) {
    expect(await reason(input as never, {})).toMatch(new RegExp(`^it is no picture but ${word}; expected`));
  }
});

test('addresses are fetched from allowed servers only, however they redirect', async () => {
  const fetch = { hosts: [host] };
  expect((await decodeImage(`http://${host}/picture`, { fetch })).width).toBe(3);
  expect((await decodeImage(`http://${host}/moved`, { fetch })).width).toBe(3);
  expect(await reason(`http://${host}/inside`, { fetch })).toMatch(/^127\.0\.0\.1:\d+ is none of the servers/);
  expect((await decodeImage(`http://${host}/inside`)).width).toBe(3);
  expect(await reason(`http://${host}/picture`, { fetch: { hosts: ['localhost'] } })).toMatch(/is none of the servers/);
  expect(await reason(`http://${host}/picture`, { fetch: { protocols: ['https:'] } })).toBe(
    'http: addresses are not fetched, only https:',
  );
  expect(await reason(`http://${host}/file`, {})).toBe('file: addresses are not fetched, only http: and https:');
  expect(await reason(`http://${host}/circle`, {})).toBe('the server redirects more than 10 times');
  expect(await reason(`http://${host}/nothing`, {})).toBe('the server answers 404');
  expect((await decodeImage(`data:image/png;base64,${png.toString('base64')}`, { fetch })).width).toBe(3);
});

test('addresses are given up after a time, and beyond a length', async () => {
  const slow = `http://${host}/slow`;
  expect(await reason(slow, { fetch: { seconds: 0.1 } })).toBe('the server takes longer than 0.1 seconds');
  expect(await reason(slow, { maxBytes: 9 })).toBe('it has more bytes than maxBytes allows (9)');
  const stopped = decodeImage(slow, { signal: AbortSignal.timeout(50) });
  await expect(stopped).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('a header that announces too many pixels is enough to refuse a picture', async () => {
  const huge = Buffer.from(png);
  // Width and height of the header, whose checksum libvips looks at later than at the limit.
  huge.writeUInt32BE(100_000, 16);
  huge.writeUInt32BE(100_000, 20);
  const started = performance.now();
  expect(await reason(huge, { tolerateDamage: true })).toBe('it has more pixels than maxPixels allows');
  expect(performance.now() - started).toBeLessThan(1000);
});

test('decodeAhead: in order, errors in their turn, so many at once', async () => {
  const widths = [5, 1, 7, 2];
  const inputs: ImageInput[] = await Promise.all(widths.map(solid));
  inputs.splice(2, 0, 'nowhere.png');
  for (const ahead of [1, 2, 9]) {
    const seen: (number | string)[] = [];
    for await (const one of decodeAhead(inputs, { ahead })) {
      seen.push(ImageDecodeError.isInstance(one) ? one.reason : one.width);
    }
    expect(seen).toEqual([5, 1, 'no such file', 7, 2]);
  }
  for await (const _ of decodeAhead([])) expect.unreachable();
});

test('decodeAhead: ends when aborted, and when its caller stops', async () => {
  const inputs = Array.from({ length: 5 }, () => png);
  const controller = new AbortController();
  let count = 0;
  const run = async () => {
    for await (const _ of decodeAhead(inputs, { signal: controller.signal })) {
      if (++count === 2) controller.abort(new Error('enough'));
    }
  };
  await expect(run()).rejects.toThrow('enough');
  expect(count).toBe(2);
  for await (const _ of decodeAhead([png, 'nowhere.png', 'nowhere.png'])) break;
});
