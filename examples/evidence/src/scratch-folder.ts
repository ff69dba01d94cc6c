/** What tests of experiments share: the engine or a skip, and a folder for each test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useEngine } from '@icconv/tensor-ops/engine';
import { afterEach, beforeAll, beforeEach } from 'vitest';

/** Registers the hooks of a file of tests. @returns gives the folder of the test that runs. */
export function scratchFolder(prefix: string): () => string {
  let folder = '';
  let native = true;
  beforeAll(async () => {
    native = await useEngine({ device: 'cpu', threads: 1 }).then(
      () => true,
      () => false,
    );
  });
  beforeEach(async (context) => {
    if (!native) context.skip('no native runtime on this machine');
    folder = await mkdtemp(join(tmpdir(), prefix));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  return () => folder;
}
