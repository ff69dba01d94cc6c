/** Puts a build where tfjs-node-gpu finds it. */
import { copyFile, mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Build, ENGINE_FILES } from './build';
import { exists, temporaryName, writeFileAtomically } from './files';
import type { Library } from './library';
import { SetupError } from './setup-error';
import { bindingFolder, type TfjsNode } from './tfjs-node';

/** What is installed beside tfjs-node-gpu's binding. */
export interface InstalledEngine {
  /** Key of the build; see build.ts. */
  readonly key: string;
  readonly tensorflow: string;
  readonly variant: Library['variant'];
  readonly library: Library;
}

const MANIFEST = 'icconv-engine.json';

/** The installed engine, if all its files are there. */
export async function readInstalled(tfjsNode: TfjsNode): Promise<InstalledEngine | undefined> {
  const folder = bindingFolder(tfjsNode);
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const installed = JSON.parse(text) as InstalledEngine;
  const needed = [
    ...ENGINE_FILES.map((file) => join(folder, file)),
    join(installed.library.libFolder, 'libtensorflow_cc.so.2'),
  ];
  return (await Promise.all(needed.map(exists))).every(Boolean) ? installed : undefined;
}

/** Copies, rather than links, so that the project works on when the cache's build folder is cleared. */
export async function install(tfjsNode: TfjsNode, build: Build, library: Library): Promise<void> {
  const folder = bindingFolder(tfjsNode);
  try {
    await mkdir(folder, { recursive: true });
    for (const file of ENGINE_FILES) {
      const temporary = temporaryName(join(folder, file));
      await copyFile(join(build.folder, file), temporary);
      // A process that has the old file loaded keeps it: rename replaces the name, not the content.
      await rename(temporary, join(folder, file));
    }
    const manifest: InstalledEngine = {
      key: build.key,
      tensorflow: library.version,
      variant: library.variant,
      library,
    };
    await writeFileAtomically(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  } catch (cause) {
    throw new SetupError(
      'install',
      `${folder} cannot be written: ${(cause as Error).message}`,
      'make it writable, or run the set-up as its owner',
      { cause },
    );
  }
}
