/** Native files that come compiled: taken where they fit and load, with the path of this machine's libraries. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { COLLECTIVES_FILE, ENGINE_FILES, QUIET_FILE, sourceKey } from '../../src/installed/build-key';
import type { Library } from '../../src/installed/library';
import { findCompiler, link } from '../../src/setup/compile';
import { copyPrebuilt, LIBRARY_PATH_PLACEHOLDER, type Prebuilt } from '../../src/setup/prebuilt';
import { run } from '../../src/setup/run';

const compiler = await findCompiler();

describe.skipIf(compiler === undefined)('files of a platform’s package', () => {
  const root = mkdtempSync(join(tmpdir(), 'icconv-prebuilt-'));
  const path = (...names: string[]) => join(root, ...names);
  const library: Library = {
    ...{ libFolder: path('lib'), includeFolder: path('include') },
    ...{ variant: 'cpu', version: '2.21.0' },
  };
  const tfjsNode = path('tfjs-node');
  let sources: string;

  /** A module that needs `libanswer.so`, found by its run path alone. */
  beforeAll(async () => {
    for (const name of ['lib', 'package', 'tfjs-node/binding']) mkdirSync(path(name), { recursive: true });
    writeFileSync(path('tfjs-node', 'binding', 'tfjs_binding.cc'), '// binding');
    sources = await sourceKey(tfjsNode);
    writeFileSync(path('answer.cc'), 'extern "C" int answer() { return 42; }\n');
    const module = (body: string) =>
      `#include <node_api.h>\nextern "C" int answer();\nnapi_value init(napi_env, napi_value exports) { ${body} }\nNAPI_MODULE(test, init)\n`;
    writeFileSync(path('module.cc'), module('return answer() == 42 ? exports : nullptr;'));
    writeFileSync(path('quiet.cc'), module('return exports;'));
    const headers = join(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')), 'include');
    await link(compiler!, [path('answer.cc')], ['-shared', '-fPIC'], path('lib', 'libanswer.so'));
    const needing = [`-L${path('lib')}`, '-lanswer', `-Wl,-rpath,${LIBRARY_PATH_PLACEHOLDER}`];
    for (const file of ENGINE_FILES) {
      const [source, more] = file === QUIET_FILE ? ['quiet.cc', []] : ['module.cc', needing];
      await link(compiler!, [path(source)], ['-shared', '-fPIC', '-I', headers, ...more], path('package', file));
    }
  });
  afterAll(() => rmSync(root, { recursive: true }));

  beforeEach(() => {
    rmSync(path('engine'), { recursive: true, force: true });
    mkdirSync(path('engine'));
  });

  const copy = (
    how: Partial<Prebuilt> = {},
    of: Library = library,
    libraryPath = path('lib'),
    signal?: AbortSignal,
  ) => {
    const description: Prebuilt = { sources, tensorflow: '2.21.0', compiler: 'g++ of another machine', ...how };
    writeFileSync(path('package', 'build.json'), JSON.stringify(description));
    return copyPrebuilt({ library: of, libraryPath, tfjsNode, signal }, path('engine'), path('package'));
  };

  it('load with the path of this machine’s libraries', async () => {
    expect(await copy()).toBe('g++ of another machine');
    for (const file of ENGINE_FILES) {
      const content = readFileSync(path('engine', file), 'latin1');
      expect(content).not.toContain('/icconv-libraries/');
      await run(process.execPath, ['-e', 'require(process.argv[1])', path('engine', file)]);
    }
  });

  it('are left where they do not load, so that they are compiled here', async () => {
    expect(await copy({}, library, path('nowhere'))).toBeUndefined();
  });

  it.each([
    ['other sources', { sources: 'others' }, library],
    ['another TensorFlow', { tensorflow: '2.20.0' }, library],
    ['the library for CUDA', {}, { ...library, variant: 'cuda' }],
    ['a library of the user’s', {}, { ...library, variant: 'own' }],
  ] as const)('are not taken for %s', async (_, how, of) => {
    expect(await copy(how, of)).toBeUndefined();
    expect(existsSync(path('engine', ENGINE_FILES[0]!))).toBe(false);
  });

  it.each(ENGINE_FILES)('are compiled here where %s is missing or cut short', async (file) => {
    const whole = readFileSync(path('package', file));
    try {
      writeFileSync(path('package', file), '');
      expect(await copy()).toBeUndefined();
      rmSync(path('package', file));
      expect(await copy()).toBeUndefined();
    } finally {
      writeFileSync(path('package', file), whole);
    }
  });

  it('are compiled here where that of a cluster’s workers alone does not load', async () => {
    const whole = readFileSync(path('package', COLLECTIVES_FILE));
    const broken = Buffer.from(whole);
    // A library of another name, which is nowhere.
    for (let at = broken.indexOf('libanswer.so'); at >= 0; at = broken.indexOf('libanswer.so')) {
      broken.write('libabsent.so', at, 'latin1');
    }
    writeFileSync(path('package', COLLECTIVES_FILE), broken);
    try {
      expect(await copy()).toBeUndefined();
    } finally {
      writeFileSync(path('package', COLLECTIVES_FILE), whole);
    }
  });

  it.each(['', 'null', '{"sources":'])('are compiled here where their description is %o', async (text) => {
    writeFileSync(path('package', 'build.json'), text);
    const options = { library, libraryPath: path('lib'), tfjsNode };
    expect(await copyPrebuilt(options, path('engine'), path('package'))).toBeUndefined();
  });

  it('are no longer tried after an abort, whose reason is thrown', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(copy({}, library, path('lib'), signal)).rejects.toThrow(/^enough$/);
  });

  it('are none where a package has none', async () => {
    expect(await copyPrebuilt({ library, libraryPath: '', tfjsNode }, path('engine'), path('lib'))).toBeUndefined();
  });
});
