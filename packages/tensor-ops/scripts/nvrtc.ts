/** NVIDIA's run-time compiler for tests: the pinned wheel that the CUDA engine brings too, unpacked once into the cache. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SetupError } from '../src/errors/setup-error';
import { exists, publish, temporaryName } from '../src/files/cache-files';
import { cacheRoot } from '../src/files/cache-root';
import { obtainWheel } from '../src/setup/obtain-wheel';
import { unpackWheel } from '../src/setup/unpack-wheel';
import { wheelsFor } from '../src/setup/wheels';

/** Folder of `libnvrtc.so.12`; undefined, with a line on stderr, where it is neither in the cache nor to be fetched. */
export async function obtainNvrtc(): Promise<string | undefined> {
  const wheel = wheelsFor('linux', 'x64', 'cuda').find(
    ({ distribution }) => distribution === 'nvidia-cuda-nvrtc-cu12',
  )!;
  const folder = join(cacheRoot(), 'nvrtc', wheel.version);
  const libraries = join(folder, 'nvidia', 'cuda_nvrtc', 'lib');
  if (await exists(libraries)) return libraries;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.error('SKIPPED kernels through NVRTC: the wheel is for linux-x64');
    return undefined;
  }
  const temporary = temporaryName(folder);
  const downloads = join(cacheRoot(), 'downloads');
  try {
    const file = await obtainWheel(wheel, { folder: downloads, offline: false, onProgress: () => {} });
    await unpackWheel(file, temporary, wheel.distribution, () => {});
    await publish(temporary, folder);
    await rm(file, { force: true });
    return libraries;
  } catch (error) {
    if (!SetupError.isInstance(error)) throw error;
    console.error(`SKIPPED kernels through NVRTC: ${error.reason}`);
    return undefined;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}
