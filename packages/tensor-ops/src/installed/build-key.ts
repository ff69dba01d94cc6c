/** Builds of the native files in the cache, each under a key of what it was made of. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../files/cache-files';
import { hasStreamHeader, type Library } from './library';
import { nativeFolder } from './package-root';
import { headersOfBuild, sourcesOfBuild } from './sources';

export const BINDING_FILE = 'tfjs_binding.node';
export const OPS_FILE = 'icconv_ops.node';
export const QUIET_FILE = 'icconv_quiet.node';
export const COLLECTIVES_FILE = 'icconv_collectives.node';
export const ENGINE_FILES = [BINDING_FILE, OPS_FILE, QUIET_FILE, COLLECTIVES_FILE];

/** Flags that every C++ file of this project is compiled with. */
export const COMMON_FLAGS = [
  '-std=c++17',
  '-O3',
  '-fPIC',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fvisibility=hidden',
  '-pthread',
];

/** A finished build: a folder of the cache with all files and `build.json`. */
export interface Build {
  readonly folder: string;
  readonly key: string;
}

/** The key of what a build would be made of; a build with the same key need not be repeated. */
export function buildKey({
  library,
  tfjsNode,
}: {
  readonly library: Library;
  readonly tfjsNode: string;
}): Promise<string> {
  return keyOf(tfjsNode, library);
}

/** The key of everything in a build but TensorFlow: one for each version of this package. */
export function sourceKey(tfjsNode: string): Promise<string> {
  return keyOf(tfjsNode, undefined);
}

async function keyOf(tfjsNode: string, library: Library | undefined): Promise<string> {
  const hash = createHash('sha256');
  const gpu = library !== undefined && hasStreamHeader(library);
  hash.update(JSON.stringify([library, gpu, COMMON_FLAGS, process.platform, process.arch]));
  for (const folder of [nativeFolder(), join(tfjsNode, 'binding')]) {
    for (const file of await sourcesOfBuild(folder)) hash.update(await readFile(file));
    for (const file of await headersOfBuild(folder)) hash.update(await readFile(file));
  }
  return hash.digest('hex').slice(0, 20);
}

export async function findBuild(cache: string, key: string): Promise<Build | undefined> {
  const folder = join(cache, 'builds', key);
  return (await exists(join(folder, 'build.json'))) ? { folder, key } : undefined;
}
