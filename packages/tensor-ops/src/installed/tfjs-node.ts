/** Finds `@tensorflow/tfjs-node-gpu`: that of the project where it has one, else the one bundled with this package. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from './package-root';

export const TFJS_NODE = '@tensorflow/tfjs-node-gpu';
/** The version whose binding is compiled and whose backend is driven. */
export const TFJS_NODE_VERSION = '4.22.0';

/** What to do about another version: none is needed in the project, and this one serves. */
export const TFJS_NODE_REMEDY = `npm uninstall ${TFJS_NODE}   (the engine brings its own), or install exactly ${TFJS_NODE}@${TFJS_NODE_VERSION}`;

export interface TfjsNode {
  /** `bundled`: backend and C++ sources as built into this package; see scripts/bundle-tfjs-node.ts. */
  readonly origin: 'project' | 'bundled';
  /** Holds the C++ sources in `binding/`. */
  readonly folder: string;
  readonly version: string;
}

/**
 * The project's own comes first, so that a program that imports it too shares one backend with us: looked for from this package
 * (where a peer dependency is linked), then from the folder of the running project, in npm, pnpm and yarn layouts.
 * Undefined only in a checkout of this project that is neither installed nor built.
 */
export function findTfjsNode(project: string = process.cwd()): TfjsNode | undefined {
  for (const from of [packageRoot(), project]) {
    try {
      const main = createRequire(join(from, 'package.json')).resolve(TFJS_NODE);
      const folder = realpathSync(join(dirname(main), '..'));
      const manifest = join(folder, 'package.json');
      if (existsSync(manifest)) {
        return { origin: 'project', folder, version: JSON.parse(readFileSync(manifest, 'utf8')).version as string };
      }
    } catch {
      // Not to be found from here; the next place may know it.
    }
  }
  return bundledTfjsNode();
}

/** The one that the build of this package put together; undefined in a checkout that has not been built. */
function bundledTfjsNode(): TfjsNode | undefined {
  const folder = join(packageRoot(), 'dist', 'tfjs-node');
  return existsSync(bundleFile(folder)) ? { origin: 'bundled', folder, version: TFJS_NODE_VERSION } : undefined;
}

/** Module of the bundled backend; exports `startBackend`, see src/engine/tfjs-node-bundle.ts. */
export function bundleFile(folder: string): string {
  return join(folder, 'index.cjs');
}

/** Folder in which a project's tfjs-node looks for its binding; our operators and the manifest lie there too. */
export function bindingFolder(tfjsNode: TfjsNode): string {
  return join(tfjsNode.folder, 'lib', 'napi-v8');
}
