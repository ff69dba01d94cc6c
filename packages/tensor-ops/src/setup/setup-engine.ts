/** The set-up as one function: library, build, installation, each skipped when it is there already. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { SetupError } from '../errors/setup-error';
import { removeTemporaries } from '../files/cache-files';
import { cacheRoot } from '../files/cache-root';
import { buildKey, findBuild } from '../installed/build-key';
import { type InstalledEngine, install, readInstalled } from '../installed/installed-engine';
import type { EngineVariant } from '../installed/library';
import { hasNvidiaDriver } from '../installed/nvidia-driver';
import { findTfjsNode, TFJS_NODE, TFJS_NODE_REMEDY, TFJS_NODE_VERSION, type TfjsNode } from '../installed/tfjs-node';
import { build } from './build';
import { findLibrary, provideLibrary } from './library';
import type { OnSetupProgress } from './progress';

export interface SetUpEngineOptions {
  /** `auto` takes the CUDA library when an NVIDIA driver is found. @defaultValue `'auto'` */
  readonly device?: 'auto' | EngineVariant;
  /** Never touch the network. @defaultValue `false` */
  readonly offline?: boolean;
  /** A TensorFlow of your own: the folder `site-packages/tensorflow`. Also `ICCONV_LIBTENSORFLOW`. */
  readonly libtensorflow?: string | undefined;
  /** Folder from which `@tensorflow/tfjs-node-gpu` is looked for. @defaultValue the working directory */
  readonly project?: string;
  readonly onProgress?: OnSetupProgress;
  readonly signal?: AbortSignal;
}

export interface SetUpResult extends InstalledEngine {
  /** False when everything was there already. */
  readonly changed: boolean;
  readonly cache: string;
}

/**
 * Provides TensorFlow's native runtime: libraries and headers from its Python wheel, and the binding and operators compiled
 * against them, in the user's cache; a project that has tfjs-node-gpu of its own gets them installed there too.
 *
 * Safe to run twice at once and to be killed at any time.
 * @throws {@link SetupError} with the step that failed and the remedy.
 */
export async function setUpEngine(options: SetUpEngineOptions = {}): Promise<SetUpResult> {
  const { device = 'auto', offline = false, onProgress = () => {}, signal } = options;
  const libtensorflow = options.libtensorflow ?? (process.env.ICCONV_LIBTENSORFLOW || undefined);
  const variant = device === 'auto' ? (hasNvidiaDriver() && process.arch === 'x64' ? 'cuda' : 'cpu') : device;
  const cache = cacheRoot();
  const tfjsNode = requireTfjsNode(options.project);

  const installed = await upToDate(cache, tfjsNode, variant, libtensorflow);
  if (installed !== undefined) return { ...installed, changed: false, cache };

  await mkdir(cache, { recursive: true }).catch((cause) => {
    throw new SetupError(
      'library',
      `${cache} cannot be made: ${cause.message}`,
      'set ICCONV_CACHE to a folder you can write',
      { cause },
    );
  });
  const release = await lock(cache, onProgress);
  try {
    for (const folder of ['', 'libtensorflow', 'downloads', 'builds', 'objects', 'engines'])
      await removeTemporaries(join(cache, folder));
    const library = await provideLibrary({ cache, variant, offline, libtensorflow, onProgress, signal });
    const built = await build({ cache, library, tfjsNode: tfjsNode.folder, onProgress, signal });
    onProgress({
      phase: 'install',
      label: tfjsNode.origin === 'project' ? tfjsNode.folder : built.folder,
      done: 0,
      total: 0,
    });
    return { ...(await install(tfjsNode, built, library, cache)), changed: true, cache };
  } finally {
    await release();
  }
}

/** The installed engine if a set-up with these wishes would change nothing. */
async function upToDate(
  cache: string,
  tfjsNode: TfjsNode,
  variant: EngineVariant,
  libtensorflow: string | undefined,
): Promise<InstalledEngine | undefined> {
  const installed = await readInstalled(tfjsNode, cache);
  if (installed === undefined) return undefined;
  if (libtensorflow === undefined) {
    if (installed.variant !== variant || (await findLibrary(cache, variant)) === undefined) return undefined;
  } else {
    const own = await provideLibrary({ cache, variant, offline: true, libtensorflow, onProgress: () => {} });
    if (own.libFolder !== installed.library.libFolder || own.version !== installed.library.version) return undefined;
  }
  const key = await buildKey({ library: installed.library, tfjsNode: tfjsNode.folder });
  return key === installed.key && (await findBuild(cache, key)) !== undefined ? installed : undefined;
}

function requireTfjsNode(project: string | undefined): TfjsNode {
  const found = findTfjsNode(project);
  if (found === undefined) throw new SetupError('install', `${TFJS_NODE} is not installed`, 'pnpm install');
  if (found.version !== TFJS_NODE_VERSION) {
    throw new SetupError(
      'install',
      `the project has ${TFJS_NODE} ${found.version} (${found.folder}), needed is ${TFJS_NODE_VERSION}`,
      TFJS_NODE_REMEDY,
    );
  }
  return found;
}

/** One set-up at a time. The lock of a killed process goes stale, so nothing waits for the dead. */
async function lock(cache: string, onProgress: OnSetupProgress): Promise<() => Promise<void>> {
  const options = { lockfilePath: join(cache, 'setup.lock'), stale: 10_000, update: 2_000, realpath: false };
  for (;;) {
    try {
      return await lockfile.lock(cache, options);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      onProgress({ phase: 'wait', label: 'another set-up to finish', done: 0, total: 0 });
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}
