/** Where this package lies on disk, from its sources and from its bundle alike. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

let root: string | undefined;

export function packageRoot(): string {
  if (root !== undefined) return root;
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === '@icconv/tensor-ops') break;
    if (dirname(folder) === folder)
      throw new Error(`internal: no package.json of @icconv/tensor-ops above ${import.meta.url}`);
    folder = dirname(folder);
  }
  root = folder;
  return root;
}

/** Folder of the C++ sources. */
export function nativeFolder(): string {
  return join(packageRoot(), 'native');
}
