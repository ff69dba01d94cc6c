/** Finds the installed package `@tensorflow/tfjs-node-gpu` in npm, pnpm and yarn layouts. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { packageRoot } from './package-root';

export const TFJS_NODE = '@tensorflow/tfjs-node-gpu';
/** The version whose binding is compiled and whose backend is driven. */
export const TFJS_NODE_VERSION = '4.22.0';

/** The command that adds it without its install script, which would download another TensorFlow. */
export const TFJS_NODE_REMEDY = `npm install --ignore-scripts ${TFJS_NODE}@${TFJS_NODE_VERSION}   (pnpm and yarn: add, scripts off likewise)`;

export interface TfjsNode {
  readonly folder: string;
  readonly version: string;
}

/** Looked for from this package (where a peer dependency is linked), then from the folder of the running project. */
export function findTfjsNode(project: string = process.cwd()): TfjsNode | undefined {
  for (const from of [packageRoot(), project]) {
    try {
      const main = createRequire(join(from, 'package.json')).resolve(TFJS_NODE);
      const folder = realpathSync(join(dirname(main), '..'));
      const manifest = join(folder, 'package.json');
      if (existsSync(manifest))
        return { folder, version: JSON.parse(readFileSync(manifest, 'utf8')).version as string };
    } catch {
      // Not to be found from here; the next place may know it.
    }
  }
  return undefined;
}

/** Folder in which tfjs-node looks for its binding; our operators and the manifest lie there too. */
export function bindingFolder(tfjsNode: TfjsNode): string {
  return join(tfjsNode.folder, 'lib', 'napi-v8');
}
