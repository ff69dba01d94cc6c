/**
 * pnpm --filter @icconv/tensor-ops compile-platform
 *
 * Compiles the engine for this platform into its package, `packages/native-<platform>-<processor>`. Run where the C library is old: what is
 * compiled wants one at least as new.
 */

import { join } from 'node:path';
import { writeAtomically } from '@icconv/base/files';
import { sourceKey } from '../src/installed/build-key';
import { findTfjsNode } from '../src/installed/tfjs-node';
import { cacheRoot, nativeFolder } from '../src/setup';
import { compileEngine } from '../src/setup/compile-engine';
import { provideLibrary } from '../src/setup/library';
import { LIBRARY_PATH_PLACEHOLDER, type Prebuilt } from '../src/setup/prebuilt';

const folder = join(nativeFolder(), '..', '..', `native-${process.platform}-${process.arch}`);
const tfjsNode = findTfjsNode()!.folder;
const cache = cacheRoot();
const onProgress = () => {};
const library = await provideLibrary({ cache, variant: 'cpu', offline: false, onProgress });
const compiler = await compileEngine(
  { cache, library, libraryPath: LIBRARY_PATH_PLACEHOLDER, tfjsNode, onProgress },
  folder,
);
const description: Prebuilt = { sources: await sourceKey(tfjsNode), tensorflow: library.version, compiler };
await writeAtomically(join(folder, 'build.json'), `${JSON.stringify(description, null, 2)}\n`);
console.log(`${folder}: TensorFlow ${library.version}, ${compiler}`);
