/**
 * Puts backend and C++ sources of `@tensorflow/tfjs-node-gpu` into `dist/tfjs-node`, so that a user's project needs no package whose
 * install script asks a vendor's host for TensorFlow. See docs/decisions/bundled-tfjs-node.md.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export async function bundleTfjsNode(): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const out = join(root, 'dist', 'tfjs-node');
  const require = createRequire(join(root, 'package.json'));
  const source = join(dirname(require.resolve('@tensorflow/tfjs-node-gpu')), '..');
  await build({
    entryPoints: [join(root, 'src/engine/tfjs-node-bundle.ts')],
    outfile: join(out, 'index.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // One tfjs-core serves backend, operators and program; its kernels and backend use nothing else of the union package.
    alias: { '@tensorflow/tfjs': '@tensorflow/tfjs-core' },
    plugins: [
      {
        name: 'one-tfjs-core',
        setup(own) {
          // Not what lies deeper: its gradients come along. They find engine and registries, which are global, of whichever copy.
          own.onResolve({ filter: /^@tensorflow\/tfjs-core$/ }, ({ path }) => ({ path, external: true }));
        },
      },
    ],
    minifyWhitespace: true,
    // Each text once.
    legalComments: 'eof',
    logLevel: 'warning',
  });
  await cp(join(source, 'binding'), join(out, 'binding'), { recursive: true });
  const { version } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8')) as { version: string };
  await writeFile(
    join(out, 'NOTICE'),
    `This folder holds parts of @tensorflow/tfjs-node-gpu ${version}, Copyright Google LLC, licensed under the Apache License, Version 2.0
(https://github.com/tensorflow/tfjs): index.cjs is built from its modules, binding/ is copied unchanged.
`,
  );
}
