import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';

it.each(['index', 'register'])('the entry %s bundles for a browser: it needs nothing of Node', async (entry) => {
  const result = await build({
    entryPoints: [fileURLToPath(new URL(`../src/${entry}.ts`, import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    external: ['@tensorflow/*'],
    metafile: true,
    logLevel: 'silent',
  });
  expect(result.errors).toEqual([]);
  const imports = Object.values(result.metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
  expect(imports.filter((path) => !path.startsWith('@tensorflow/'))).toEqual([]);
});
