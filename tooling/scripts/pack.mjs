// pnpm pack:all: builds the published packages and packs them into out/packages, from which a project installs them.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildPackages, installDependencies, ROOT } from './steps.mjs';

/**
 * Packs what is built.
 *
 * @returns {Record<string, { tarball: string, entries: string[], platform: boolean }>} by package: its file, what can be imported of it, and
 * whether it is of one platform: npm would not install it by hand on another, so these lie in a folder of their own.
 */
export function packAll(folder) {
  const packed = {};
  for (const name of readdirSync(join(ROOT, 'packages'))) {
    const cwd = join(ROOT, 'packages', name);
    const manifest = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
    if (manifest.private) continue;
    const platform = manifest.os !== undefined;
    const destination = platform ? join(folder, 'platforms') : folder;
    const out = execFileSync('pnpm', ['pack', '--json', '--pack-destination', destination], { cwd, encoding: 'utf8' });
    const entries = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');
    packed[manifest.name] = { tarball: JSON.parse(out).filename, entries, platform };
  }
  return packed;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = join(ROOT, 'out/packages');
  installDependencies();
  buildPackages();
  // Of an earlier release, they would be installed beside these.
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const count = Object.keys(packAll(folder)).length;
  console.log(`\n${count} packages are in ${folder}. In a project:\n\n  npm install ${join(folder, '*.tgz')}\n`);
}
