/** Scripts of the tests as plain JavaScript: a process that has a loader for TypeScript takes three times as long to begin. */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type OutputFile, type Plugin } from 'esbuild';

const FOLDER = fileURLToPath(new URL('../node_modules/.cache/bundles', import.meta.url));
const DAY = 24 * 60 * 60 * 1000;
const bundles = new Map<string, Promise<string>>();

/**
 * Bundles a script with all sources of the workspace that it imports; other packages stay where they are installed.
 *
 * @param script - path of a TypeScript file.
 * @returns path of an ES module that does the same.
 */
export function bundled(script: string): Promise<string> {
  const known = bundles.get(script) ?? bundle(script);
  bundles.set(script, known);
  return known;
}

async function bundle(script: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: { script },
    bundle: true,
    write: false,
    // What is imported when it is needed stays apart.
    splitting: true,
    outdir: FOLDER,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['icconv-source'],
    logLevel: 'silent',
    plugins: [SOURCES],
  });
  const hash = createHash('sha256');
  for (const { contents } of outputFiles) hash.update(contents);
  const folder = join(FOLDER, hash.digest('hex').slice(0, 16));
  if (existsSync(folder)) utimesSync(folder, new Date(), new Date());
  else write(folder, outputFiles);
  return join(folder, 'script.mjs');
}

/** Processes of tests do not always live to their end, so that none could clean up: what is old goes when something new comes. */
function write(folder: string, files: readonly OutputFile[]): void {
  mkdirSync(FOLDER, { recursive: true });
  for (const name of readdirSync(FOLDER)) {
    const path = join(FOLDER, name);
    const { mtimeMs = Number.POSITIVE_INFINITY } = statSync(path, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs < Date.now() - DAY) rmSync(path, { recursive: true, force: true });
  }
  const own = mkdtempSync(join(FOLDER, '.new-'));
  for (const { path, contents } of files) writeFileSync(join(own, basename(path)), contents);
  try {
    renameSync(own, folder);
  } catch (error) {
    // Another process was first with the same.
    if (!existsSync(folder)) throw error;
    rmSync(own, { recursive: true });
  }
}

/** Sources find what lies beside them, and installed packages are those of the package that imports them. */
const SOURCES: Plugin = {
  name: 'sources',
  setup(build) {
    build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      const ours = path.startsWith('@icconv/') || isBuiltin(path) || from.kind === 'entry-point';
      if (ours || pluginData === SOURCES) return undefined;
      const { path: installed, errors } = await build.resolve(path, { ...from, pluginData: SOURCES });
      return { path: installed, external: true, errors };
    });
    build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};
