/** Entries that claim to run everywhere need nothing of Node, nor do the packages that they bring along. */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build } from 'esbuild';
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

const OPTIONS = {
  bundle: true,
  write: false as const,
  format: 'esm',
  platform: 'browser',
  conditions: ['icconv-source'],
  logLevel: 'silent',
} satisfies BuildOptions;

/** Bundled from the sources, with everything but TensorFlow.js inside. @returns what the bundle imports. */
async function bundle(entry: string): Promise<string[]> {
  const { metafile } = await build({
    ...OPTIONS,
    entryPoints: [join(ROOT, `packages/${entry}.ts`)],
    external: ['@tensorflow/*'],
    metafile: true,
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

/** Kilobytes of a minified bundle as servers send it. */
async function kilobytes(source: string, external: string[]): Promise<number> {
  const stdin = { contents: source, resolveDir: join(ROOT, 'examples/playground') };
  const { outputFiles } = await build({ ...OPTIONS, stdin, external, minify: true });
  return gzipSync(outputFiles[0]!.contents).byteLength / 1000;
}

// What a page loads. A budget that is passed is looked at, and raised only for what users get.
test.each([
  ['detection', 'createDetector', 85, 230],
  ['pose', 'createPoseEstimator', 80, 225],
])('%s for browsers keeps to its budget', async (name, create, own, withWebgl) => {
  const source = `export { ${create} } from '@icconv/${name}/web';`;
  expect(await kilobytes(source, ['@tensorflow/*'])).toBeLessThan(own);
  const webgl = `import '@tensorflow/tfjs-backend-webgl'; ${source}`;
  const size = await kilobytes(webgl, []);
  expect(size).toBeGreaterThan(own);
  expect(size).toBeLessThan(withWebgl);
});
