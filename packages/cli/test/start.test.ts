/** What a command loads: each package takes its milliseconds of every start, so one more is here a decision. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const cwd = fileURLToPath(new URL('..', import.meta.url));
const hook = new URL('./record-loads.mjs', import.meta.url).href;
const register = `import { register } from 'node:module'; register(${JSON.stringify(hook)});`;
const folder = mkdtempSync(join(tmpdir(), 'icconv-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Packages whose modules are loaded by `icconv` with these words. Those of a workspace are told with their folders: `task/src/train`. */
function loadedBy(...words: string[]): string[] {
  const list = join(folder, words.join('-'));
  const recording = ['--import', `data:text/javascript,${encodeURIComponent(register)}`];
  const args = ['--import', 'tsx', '--conditions=icconv-source', ...recording, 'src/bin.ts', ...words];
  const env = { ...process.env, ICCONV_LOADED: list };
  const { status, stderr } = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', env });
  expect(status, stderr).toBe(0);
  const names = readFileSync(list, 'utf8')
    .split('\n')
    .flatMap((url) => {
      const [, installed] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
      const [, own] = /\/packages\/([^/]+\/src(?:\/[^/.]+(?=\/))?)/.exec(url) ?? [];
      return installed ?? own ?? [];
    });
  return [...new Set(names)].sort();
}

const isOwn = (name: string) => name.includes('/src');

test('the list of commands needs commander alone', () => {
  expect(loadedBy('--help')).toEqual(['cli/src', 'cli/src/commands', 'cli/src/tasks', 'cli/src/ui', 'commander']);
});

test('detect loads what runs a network, and no training, search, server or other task', () => {
  const loaded = loadedBy('detect', '--help');
  const ofSharp = ['@img/colour', 'detect-libc', 'semver', 'sharp'];
  const expected = ['@tensorflow/tfjs-core', 'commander', 'fastest-levenshtein', 'picocolors', 'yauzl', 'zod'];
  expect(loaded.filter((name) => !isOwn(name))).toEqual([...expected, ...ofSharp].sort());
  const others = /^(?:pose|classification|server)\/|^training\/src\/(?:logs|loader)|\/(?:setup|doctor|onnx)$/;
  expect(loaded.filter((name) => others.test(name))).toEqual([]);
  // From the sources, which are compiled meanwhile.
}, 180_000);
