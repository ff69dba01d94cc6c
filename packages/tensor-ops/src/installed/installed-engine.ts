/**
 * Remembers what was set up, and puts a build where a project's tfjs-node finds it.
 *
 * The cache keeps, for the C++ sources of each version of this package, what the last set-up chose: an engine is found again after
 * node_modules has been deleted and installed anew.
 */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '@icconv/base/files';
import { SetupError } from '../errors/setup-error';
import { exists, temporaryName } from '../files/cache-files';
import { cacheRoot } from '../files/cache-root';
import { BINDING_FILE, type Build, ENGINE_FILES, findBuild, sourceKey } from './build-key';
import type { Library } from './library';
import { bindingFolder, type TfjsNode } from './tfjs-node';

/** An engine that is set up. */
export interface InstalledEngine {
  /** Key of the build; see build.ts. */
  readonly key: string;
  readonly tensorflow: string;
  readonly variant: Library['variant'];
  readonly library: Library;
  /** Holds the native files. */
  readonly folder: string;
}

type Manifest = Omit<InstalledEngine, 'folder'>;

const MANIFEST = 'icconv-engine.json';

/** The engine that is set up for `tfjsNode`, if all its files are there; a project that lost its copy gets it again from the cache.
 * @throws {@link SetupError} where that copy cannot be written. */
export async function readInstalled(tfjsNode: TfjsNode, cache = cacheRoot()): Promise<InstalledEngine | undefined> {
  const folder = bindingFolder(tfjsNode);
  if (tfjsNode.origin === 'project') {
    const manifest = await readManifest(join(folder, MANIFEST));
    if (manifest !== undefined) return complete(manifest, folder);
    // What another tool has put there is not ours to replace unasked.
    if (existsSync(join(folder, BINDING_FILE))) return undefined;
  }
  const record = await readManifest(await recordFile(cache, tfjsNode));
  const build = record && (await findBuild(cache, record.key));
  if (build === undefined) return undefined;
  const remembered = await complete(record!, build.folder);
  if (remembered === undefined || tfjsNode.origin === 'bundled') return remembered;
  await copyToProject(folder, build, record!);
  return { ...remembered, folder };
}

/** Makes `build` the engine of `tfjsNode`. */
export async function install(
  tfjsNode: TfjsNode,
  build: Build,
  library: Library,
  cache = cacheRoot(),
): Promise<InstalledEngine> {
  const manifest: Manifest = { key: build.key, tensorflow: library.version, variant: library.variant, library };
  await writeAtomically(await recordFile(cache, tfjsNode), format(manifest));
  if (tfjsNode.origin === 'bundled') return { ...manifest, folder: build.folder };
  const folder = bindingFolder(tfjsNode);
  await copyToProject(folder, build, manifest);
  return { ...manifest, folder };
}

/** Copies, rather than links, so that the project works on when the cache's build folder is cleared. */
async function copyToProject(folder: string, build: Build, manifest: Manifest): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    for (const file of ENGINE_FILES) {
      const temporary = temporaryName(join(folder, file));
      await copyFile(join(build.folder, file), temporary);
      // A process that has the old file loaded keeps it: rename replaces the name, not the content.
      await rename(temporary, join(folder, file));
    }
    await writeAtomically(join(folder, MANIFEST), format(manifest));
  } catch (cause) {
    throw new SetupError(
      'install',
      `${folder} cannot be written: ${(cause as Error).message}`,
      'make it writable, or run the set-up as its owner',
      { cause },
    );
  }
}

async function recordFile(cache: string, tfjsNode: TfjsNode): Promise<string> {
  return join(cache, 'engines', `${await sourceKey(tfjsNode.folder)}.json`);
}

async function readManifest(path: string): Promise<Manifest | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Manifest);
}

async function complete(manifest: Manifest, folder: string): Promise<InstalledEngine | undefined> {
  const needed = [
    ...ENGINE_FILES.map((file) => join(folder, file)),
    join(manifest.library.libFolder, 'libtensorflow_cc.so.2'),
  ];
  return (await Promise.all(needed.map(exists))).every(Boolean) ? { ...manifest, folder } : undefined;
}

const format = (manifest: Manifest) => `${JSON.stringify(manifest, null, 2)}\n`;
