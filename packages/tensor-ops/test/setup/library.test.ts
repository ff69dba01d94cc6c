import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeTemporaries } from '../../src/files/cache-files';
import { cacheRoot } from '../../src/files/cache-root';
import { type LibraryOptions, provideLibrary } from '../../src/setup/library';
import type { SetupProgress } from '../../src/setup/progress';
import { wheelsFor } from '../../src/setup/wheels';
import { type Behaviour, type FakeIndex, makeWheel, serveIndex } from './fake-index';

const WHEEL_FILES = {
  'tensorflow/libtensorflow_cc.so.2': 'cc',
  'tensorflow/libtensorflow_framework.so.2': 'framework',
  'tensorflow/include/tensorflow/c/c_api.h': '// header',
  'tensorflow/include/external/llvm-project/big.h': '// not wanted',
  'tensorflow/python/ops.py': 'not wanted',
  'tensorflow_cpu-2.21.0.dist-info/LICENSE': 'licence',
};

describe('provideLibrary', () => {
  let cache: string;
  let index: FakeIndex | undefined;

  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'icconv-setup-'));
    // An empty PATH hides pip, so that the package index is asked.
    vi.stubEnv('PATH', join(cache, 'nothing'));
    for (const name of ['PIP_INDEX_URL', 'UV_INDEX_URL', 'ICCONV_PYTHON_INDEX']) vi.stubEnv(name, undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await index?.close();
    index = undefined;
    rmSync(cache, { recursive: true, force: true });
  });

  async function options(behaviour: Behaviour = 'whole', more: Partial<LibraryOptions> = {}): Promise<LibraryOptions> {
    const { wheel, bytes } = await makeWheel(WHEEL_FILES);
    index = await serveIndex(wheel, bytes, behaviour);
    vi.stubEnv('ICCONV_PYTHON_INDEX', index.url);
    return { cache, variant: 'cpu', offline: false, wheels: [wheel], onProgress: () => {}, ...more };
  }

  it('takes libraries, headers and licences, and nothing else, out of the wheel', async () => {
    const library = await provideLibrary(await options());
    expect(readFileSync(join(library.libFolder, 'libtensorflow_cc.so.2'), 'utf8')).toBe('cc');
    expect(existsSync(join(library.includeFolder, 'tensorflow/c/c_api.h'))).toBe(true);
    expect(existsSync(join(library.includeFolder, 'external'))).toBe(false);
    expect(existsSync(join(library.libFolder, 'python'))).toBe(false);
    expect(existsSync(join(library.libFolder, '../tensorflow_cpu-2.21.0.dist-info/LICENSE'))).toBe(true);
    // The wheel itself is not kept, nor is anything unfinished.
    expect(readdirSync(join(cache, 'downloads'))).toEqual([]);
    expect(readdirSync(join(cache, 'libtensorflow'))).toHaveLength(1);
  });

  it('does nothing the second time', async () => {
    const wishes = await options();
    const first = await provideLibrary(wishes);
    const asked = index!.requests.length;
    expect(await provideLibrary({ ...wishes, offline: true })).toEqual(first);
    expect(index!.requests.length).toBe(asked);
  });

  it('unpacks again what lacks the header that operators for a GPU need, and lets it be for the CPU', async () => {
    const wishes = await options();
    const old = await provideLibrary(wishes);
    await index!.close();
    expect(await provideLibrary({ ...wishes, offline: true })).toEqual(old);

    const cuda = await options('whole', { variant: 'cuda' });
    await provideLibrary(cuda).catch(() => {});
    await expect(provideLibrary({ ...cuda, offline: true })).rejects.toThrow(/--offline/);
    const { wheel, bytes } = await makeWheel({
      ...WHEEL_FILES,
      'tensorflow/include/xla/stream_executor/stream.h': '// header',
    });
    await index!.close();
    index = await serveIndex(wheel, bytes, 'whole');
    vi.stubEnv('ICCONV_PYTHON_INDEX', index.url);
    const library = await provideLibrary({ ...cuda, wheels: [wheel] });
    expect(existsSync(join(library.includeFolder, 'xla/stream_executor/stream.h'))).toBe(true);
    expect(await provideLibrary({ ...cuda, offline: true })).toEqual(library);
  });

  it('reports progress up to the whole', async () => {
    const seen: SetupProgress[] = [];
    await provideLibrary(await options('whole', { onProgress: (progress) => seen.push(progress) }));
    for (const phase of ['download', 'unpack'] as const) {
      const last = seen.filter((progress) => progress.phase === phase).at(-1)!;
      expect(last.done).toBe(last.total);
      expect(last.total).toBeGreaterThan(0);
    }
  });

  it.each([
    ['cut', /checksum .* was cut or changed/],
    ['changed', /checksum .* was cut or changed/],
    ['refuse', /answered 503/],
  ] as const)('a download that is %s fails with both sources named and leaves nothing', async (behaviour, message) => {
    const wishes = await options(behaviour);
    const failure = await provideLibrary(wishes).catch((error) => error);
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(/pip: none found/);
    expect(failure).toMatchObject({ code: 'ICCONV_SETUP', step: 'download' });
    expect(readdirSync(join(cache, 'downloads'))).toEqual([]);
    expect(readdirSync(join(cache, 'libtensorflow'))).toEqual([]);
  });

  it('can be aborted in the middle of a download and run again', async () => {
    const abort = new AbortController();
    const wishes = await options('stall', { signal: abort.signal, onProgress: () => abort.abort() });
    await expect(provideLibrary(wishes)).rejects.toThrow(/abort/i);
    await index!.close();
    await provideLibrary(await options());
  });

  it('offline and with an empty cache, names the file and the ways out', async () => {
    const wishes = await options('whole', { offline: true });
    await expect(provideLibrary(wishes)).rejects.toThrow(/tensorflow_cpu-2\.21\.0.*--offline[\s\S]*--libtensorflow/);
    expect(index!.requests).toEqual([]);
  });

  it('without pip and without an index, says how to name one', async () => {
    const wishes = await options();
    vi.stubEnv('ICCONV_PYTHON_INDEX', undefined);
    await expect(provideLibrary(wishes)).rejects.toThrow(/pip: none found[\s\S]*remedy: .*ICCONV_PYTHON_INDEX/);
  });

  it('unpacks again what a kill left without its mark', async () => {
    const wishes = await options();
    const { libFolder } = await provideLibrary(wishes);
    rmSync(join(libFolder, '../complete.json'));
    rmSync(join(libFolder, 'libtensorflow_cc.so.2'));
    await provideLibrary(wishes);
    expect(existsSync(join(libFolder, 'libtensorflow_cc.so.2'))).toBe(true);
  });

  it('refuses a wheel that is no zip file', async () => {
    const { wheel } = await makeWheel(WHEEL_FILES);
    const bytes = Buffer.from('no zip');
    const { createHash } = await import('node:crypto');
    const forged = { ...wheel, sha256: createHash('sha256').update(bytes).digest('hex') };
    index = await serveIndex(forged, bytes);
    vi.stubEnv('ICCONV_PYTHON_INDEX', index.url);
    const wishes: LibraryOptions = { cache, variant: 'cpu', offline: false, wheels: [forged], onProgress: () => {} };
    await expect(provideLibrary(wishes)).rejects.toMatchObject({ step: 'unpack' });
  });

  it('takes a library of the user, with its version', async () => {
    const own = join(cache, 'own');
    mkdirSync(join(own, 'include/tensorflow/core/public'), { recursive: true });
    for (const name of ['cc', 'framework']) writeFileSync(join(own, `libtensorflow_${name}.so.2`), '');
    writeFileSync(join(own, 'include/tensorflow/core/public/version.h'), '');
    writeFileSync(
      join(own, 'include/tensorflow/core/public/release_version.h'),
      '#define TF_MAJOR_VERSION 2\n#define TF_MINOR_VERSION 20\n#define TF_PATCH_VERSION 1\n',
    );
    const wishes: LibraryOptions = { cache, variant: 'cpu', offline: true, libtensorflow: own, onProgress: () => {} };
    expect(await provideLibrary(wishes)).toMatchObject({ libFolder: own, variant: 'own', version: '2.20.1' });
    rmSync(join(own, 'libtensorflow_cc.so.2'));
    await expect(provideLibrary(wishes)).rejects.toMatchObject({ step: 'library' });
  });
});

describe('wheelsFor', () => {
  it('knows each platform with a native engine', () => {
    expect(wheelsFor('linux', 'x64', 'cpu').map((wheel) => wheel.distribution)).toEqual(['tensorflow-cpu']);
    expect(wheelsFor('linux', 'arm64', 'cpu')[0]!.file).toContain('aarch64');
    expect(wheelsFor('linux', 'x64', 'cuda').length).toBe(13);
  });

  it('refuses others with the remedy', () => {
    expect(() => wheelsFor('win32', 'x64', 'cpu')).toThrow(/win32-x64[\s\S]*wasm/);
    expect(() => wheelsFor('linux', 'arm64', 'cuda')).toThrow(/linux-arm64 with variant cuda/);
  });
});

describe('files', () => {
  it('the cache follows the environment', () => {
    vi.stubEnv('ICCONV_CACHE', '/somewhere');
    expect(cacheRoot()).toBe('/somewhere');
    vi.stubEnv('ICCONV_CACHE', undefined);
    vi.stubEnv('XDG_CACHE_HOME', '/xdg');
    expect(cacheRoot()).toBe('/xdg/icconv');
    vi.unstubAllEnvs();
  });

  it('removes what killed set-ups left, and only that', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'icconv-files-'));
    mkdirSync(join(folder, '.tmp-1-abc/inner'), { recursive: true });
    writeFileSync(join(folder, 'kept'), '');
    await removeTemporaries(folder);
    expect(readdirSync(folder)).toEqual(['kept']);
    rmSync(folder, { recursive: true });
  });
});
