/** Entries that claim to run everywhere need nothing of Node, nor do the packages that they bring along. */
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { ROOT } from '../src/imports/read-imports';

const ENTRIES = [
  'base/src/index',
  'tensor-ops/src/index',
  'tensor-ops/src/register',
  'tensor-ops/src/state-dict',
  'inception-conv/src/index',
  'models/src/index',
  'models/src/schema/index',
  'training/src/index',
  'edo/src/index',
  'coco/src/index',
  'task/src/contract/index',
  'task/src/web/index',
  'detection/src/index',
  'detection/src/web',
  'pose/src/index',
  'pose/src/web',
  'classification/src/index',
];

/** Bundled from the sources, with everything but TensorFlow.js inside. @returns what the bundle imports. */
async function bundle(entry: string): Promise<string[]> {
  const { metafile } = await build({
    entryPoints: [join(ROOT, `packages/${entry}.ts`)],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['icconv-source'],
    external: ['@tensorflow/*'],
    metafile: true,
    logLevel: 'silent',
  });
  return Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
}

test.each(ENTRIES)('%s bundles for a browser', async (entry) => {
  const imports = await bundle(entry);
  expect(imports.filter((path) => !path.startsWith('@tensorflow/tfjs-'))).toEqual([]);
  expect(imports.filter((path) => path.startsWith('@tensorflow/tfjs-node'))).toEqual([]);
});

test('an entry for Node does not', async () => {
  await expect(bundle('base/src/files/index')).rejects.toThrow(/Could not resolve "node:/);
});
