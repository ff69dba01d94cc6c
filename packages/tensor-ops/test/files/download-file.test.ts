import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  DownloadError,
  type DownloadFailure,
  type DownloadFileOptions,
  type DownloadProgress,
  downloadFile,
} from '../../src/files';
import { type Fault, type FaultyServer, serveFile } from './faulty-server';

const CONTENT = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * i) % 251));
const sumOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const SUM = sumOf(CONTENT);
const MD5 = createHash('md5').update(CONTENT).digest('hex');

let folder: string;
let server: FaultyServer;
let path: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-download-'));
  path = join(folder, 'models', 'file.pth');
  server = await serveFile(CONTENT);
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

type Changes = { readonly [K in keyof DownloadFileOptions]?: unknown };
const download = (more: Changes = {}) => {
  const options = { url: server.url, path, sha256: SUM.slice(0, 8), retryDelayMs: 1, stallMs: 300, ...more };
  return downloadFile(options as DownloadFileOptions);
};
const files = () => (existsSync(join(folder, 'models')) ? readdirSync(join(folder, 'models')).sort() : []);

async function fails(reason: DownloadFailure, more: Changes = {}): Promise<DownloadError> {
  const error = await download(more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(DownloadError);
  expect(error).toMatchObject({ code: 'ICCONV_DOWNLOAD', reason, url: server.url, path });
  return error as DownloadError;
}

describe('downloadFile', () => {
  test('brings the file and nothing else, once, with progress up to the whole', async () => {
    const seen: DownloadProgress[] = [];
    expect(await download({ onProgress: (progress: DownloadProgress) => void seen.push(progress) })).toBe(true);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(files()).toEqual(['file.pth']);
    const downloads = seen.filter(({ phase }) => phase === 'download');
    expect(downloads.at(-1)).toEqual({ phase: 'download', done: CONTENT.length, total: CONTENT.length });
    expect(await download({ offline: true })).toBe(false);
    expect(server.requests).toHaveLength(1);
  });

  test('is held to an MD5 where the publisher gives no other', async () => {
    const md5 = { sha256: undefined, md5: MD5.slice(0, 6) };
    expect(await download(md5)).toBe(true);
    expect(await download({ ...md5, offline: true })).toBe(false);
    writeFileSync(path, 'damaged');
    server.faults = ['page'];
    server.bytes = Buffer.from('other');
    await fails('checksum', md5);
    const message = (await fails('checksum', md5)).message;
    expect(message).toMatch(/checksum of file\.pth is [0-9a-f]{32}, expected [0-9a-f]{6}\.\.\./);
  });

  test.each<[Fault[], number]>([
    [['truncate'], 2],
    [['truncate', 'truncate', 'truncate'], 4],
    [['stall'], 2],
    [['unavailable', 'unavailable'], 3],
    [['redirect', 'truncate', 'redirect'], 4],
    [['truncate', 'no-range'], 2],
    [['truncate', 'wrong-range'], 3],
    // The end that came with the resumed half is wrong: all of it again.
    [['truncate', 'corrupt'], 3],
  ])('survives %j', async (faults, requests) => {
    server.faults = [...faults];
    await download();
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
    expect(server.requests).toHaveLength(requests);
    expect(files()).toEqual(['file.pth']);
  });

  test('asks only for what is missing', async () => {
    server.faults = ['truncate', 'truncate'];
    await download();
    expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=50000-', 'bytes=75000-']);
    expect(server.requests.reduce((sum, { sent }) => sum + sent, 0)).toBe(CONTENT.length);
  });

  test('goes on in a later call, also after an abort', async () => {
    server.faults = ['stall'];
    const abort = new AbortController();
    const onProgress = ({ done }: DownloadProgress) => done === CONTENT.length / 2 && abort.abort();
    await expect(download({ signal: abort.signal, onProgress })).rejects.toThrow(/abort/i);
    expect(files()).toEqual(['file.pth.part', 'file.pth.part.json']);
    await download();
    expect(server.requests.at(-1)!.range).toBe('bytes=50000-');
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  test('begins anew when the file at the server changed meanwhile', async () => {
    server.faults = ['truncate', 'gone'];
    await fails('refused');
    server.bytes = Buffer.concat([Buffer.from('new'), CONTENT]);
    await download({ sha256: sumOf(server.bytes) });
    expect(readFileSync(path).equals(server.bytes)).toBe(true);
  });

  test('begins anew from another address, and where the part is longer than the file', async () => {
    mkdirSync(join(folder, 'models'));
    writeFileSync(`${path}.part`, Buffer.alloc(CONTENT.length + 5));
    writeFileSync(`${path}.part.json`, JSON.stringify({ url: 'http://elsewhere/' }));
    await download();
    expect(server.requests).toMatchObject([{ range: undefined }]);
    rmSync(path);
    writeFileSync(`${path}.part`, Buffer.alloc(CONTENT.length + 5));
    writeFileSync(`${path}.part.json`, JSON.stringify({ url: server.url }));
    await download();
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  test('a part that is whole already is only renamed', async () => {
    mkdirSync(join(folder, 'models'));
    writeFileSync(`${path}.part`, CONTENT);
    await download();
    expect(server.requests).toEqual([]);
    expect(files()).toEqual(['file.pth']);
  });

  test('replaces a damaged file', async () => {
    mkdirSync(join(folder, 'models'));
    writeFileSync(path, 'damaged');
    expect((await fails('offline', { offline: true })).message).toContain('is damaged and --offline forbids');
    expect(await download()).toBe(true);
    expect(readFileSync(path).equals(CONTENT)).toBe(true);
  });

  test('several at once fetch it once', async () => {
    server.faults = ['truncate'];
    const results = await Promise.all([download(), download(), download()]);
    expect(results.filter(Boolean)).toHaveLength(1);
    expect(server.requests).toHaveLength(2);
    expect(files()).toEqual(['file.pth']);
  });
});

describe('downloadFile fails', () => {
  test.each<[Fault[], DownloadFailure, RegExp]>([
    [
      ['corrupt'],
      'checksum',
      /checksum of file\.pth is [0-9a-f]{64}, expected [0-9a-f]{8}\.\.\.: the file was cut or changed/,
    ],
    [['page'], 'checksum', /the server sent a web page instead of the file/],
    [['gone'], 'refused', /the server answered 404\n {2}remedy: .*put it at .*file\.pth/],
    [['loop'], 'unreachable', /redirect/],
    [['unavailable', 'unavailable', 'unavailable'], 'refused', /answered 503, in 3 attempts/],
    [['truncate', ...Array<Fault>(24).fill('stall')], 'stalled', /no byte came for 0\.02 s/],
  ])('for %j', async (faults, reason, message) => {
    server.faults = [...faults];
    expect((await fails(reason, { retries: 2, stallMs: reason === 'stalled' ? 20 : 300 })).message).toMatch(message);
    expect(existsSync(path)).toBe(false);
    if (reason === 'checksum') expect(files()).toEqual([]);
  });

  test('when nobody listens, with the reason', async () => {
    await server.close();
    expect((await fails('unreachable', { retries: 1 })).message).toMatch(/ECONNREFUSED.*in 2 attempts/);
  });

  test('offline, without asking', async () => {
    expect((await fails('offline', { offline: true })).message).toContain(`${path} is not in the cache`);
    expect(server.requests).toEqual([]);
    expect(files()).toEqual([]);
  });

  test('where the folder cannot be made', async () => {
    writeFileSync(join(folder, 'models'), '');
    await fails('disk');
  });

  test.each([
    [{ sha256: 'abc' }, /sha256 must be 8 to 64/],
    [{ sha256: undefined, md5: 'abcde' }, /md5 must be 6 to 32/],
    [{ url: 'ftp://x/y' }, /url must be an http or https address/],
  ])('for %j', async (more, message) => {
    await expect(download(more)).rejects.toThrow(message);
  });
});
