import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLASSIFICATION_ZOO } from '@icconv/classification/node';
import { BACKBONES, findRow } from '@icconv/task';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgram } from '../program';
import { TASKS } from '../tasks';

let folder: string;
const printed: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-models-'));
  vi.stubEnv('ICCONV_CACHE', folder);
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const run = async (...args: string[]) =>
  (await createProgram({ signal: new AbortController().signal }, ['models'])).parseAsync(['models', ...args], {
    from: 'user',
  });

describe('icconv models list', () => {
  test('shows every model, and the steps for those behind a log-in', async () => {
    await run('list');
    const text = printed.join('\n');
    for (const { name } of [...BACKBONES, ...TASKS.flatMap(({ task }) => task.zoo)]) expect(text).toContain(name);
    expect(text).toMatch(
      /torchvision\/resnet50-v1 .* classification .* 103 MB .* top1 76\.13, top5 92\.862 .* BSD-3-Clause/,
    );
    expect(text).toMatch(/ic-conv\/ic-resnet50-k9, by hand:\n {2}1\. open https:\/\/github/);
  });

  test('--json gives all that is known, and what is in the cache', async () => {
    mkdirSync(join(folder, 'models/torchvision'), { recursive: true });
    writeFileSync(join(folder, 'models/torchvision/resnet18-f37072fd.pth'), '');
    await run('list', 'resnet18', '--json');
    const row = findRow(CLASSIFICATION_ZOO, 'torchvision/resnet18-v1', 'classifier');
    expect(JSON.parse(printed.join('\n'))).toEqual([{ task: 'classification', ...row, cached: true }]);
  });
});

describe('icconv models fetch', () => {
  let server: Server;
  let url: string;
  beforeEach(async () => {
    server = createServer((_, response) => response.end('not the weights'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/x.pth`;
  });
  afterEach(() => void server.close());

  test('refuses another file, naming both checksums', async () => {
    const sum = createHash('sha256').update('not the weights').digest('hex');
    await expect(run('fetch', 'torchvision/resnet18-v1', '--url', url)).rejects.toThrow(
      `checksum of resnet18-f37072fd.pth is ${sum}, expected f37072fd...: the file was cut or changed`,
    );
  });

  test('--offline says what is missing; an unknown name is answered with the known', async () => {
    await expect(run('fetch', 'torchvision/resnet18-v1', '--offline')).rejects.toThrow(
      /resnet18-f37072fd\.pth is not in the cache and --offline forbids/,
    );
    await expect(run('fetch', 'torchvision/resnet20')).rejects.toThrow(/such as torchvision\/resnet50-v1, /);
  });
});
