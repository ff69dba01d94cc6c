/** Takes the shared libraries and headers, and nothing else, out of a wheel. */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { resolveInside } from '@icconv/base/files';
import yauzl from 'yauzl';
import { SetupError } from '../errors/setup-error';
import type { OnSetupProgress } from './progress';

// Of TensorFlow: the two libraries, and the headers that a custom op includes (of 268 MB of headers, most are the compiler's).
const WANTED = [
  /^tensorflow\/libtensorflow_(cc|framework)\.so\.2$/,
  /^tensorflow\/include\/(absl|Eigen|unsupported|google|ml_dtypes|tsl|utf8_range)\//,
  /^tensorflow\/include\/(xla\/tsl|tensorflow\/(c|core|tsl))\//,
  /^tensorflow\/include\/third_party\/(eigen3|ml_dtypes)\//,
  /^tensorflow\/include\/xla\/([^/]+|stream_executor\/.+)\.h$/,
  // Of NVIDIA's wheels: the libraries, and what TensorFlow's code generator runs.
  /^nvidia\/[^/]+\/lib\/[^/]+\.so[^/]*$/,
  /^nvidia\/cuda_nvcc\/(bin\/ptxas|nvvm\/libdevice\/.*)$/,
  // Licence texts go along with what they cover.
  /^[^/]+\.dist-info\/(licenses\/)?(LICENSE|License|THIRD_PARTY)[^/]*$/,
];

/** Unpacks the wanted entries of `wheel` under `folder`, keeping their paths. */
export async function unpackWheel(
  wheel: string,
  folder: string,
  label: string,
  onProgress: OnSetupProgress,
  signal?: AbortSignal,
): Promise<void> {
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    yauzl.open(wheel, { lazyEntries: true, autoClose: false }, (error, file) =>
      error ? reject(error) : resolve(file),
    );
  }).catch((cause) => {
    throw new SetupError('unpack', `${wheel} is no readable zip file`, `delete it and run the set-up again`, { cause });
  });
  try {
    const entries = (await listEntries(zip)).filter((entry) => WANTED.some((pattern) => pattern.test(entry.fileName)));
    const total = entries.reduce((sum, entry) => sum + entry.uncompressedSize, 0);
    let done = 0;
    const folders = new Set<string>();
    for (const entry of entries) {
      signal?.throwIfAborted();
      const target = resolveInside(folder, entry.fileName);
      if (!folders.has(dirname(target))) {
        await mkdir(dirname(target), { recursive: true });
        folders.add(dirname(target));
      }
      const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
        zip.openReadStream(entry, (error, readable) => (error ? reject(error) : resolve(readable)));
      });
      stream.on('data', (chunk: Buffer) => {
        done += chunk.length;
        onProgress({ phase: 'unpack', label, done, total });
      });
      await pipeline(stream, createWriteStream(target, { mode: entry.fileName.includes('/bin/') ? 0o755 : 0o644 }));
    }
  } finally {
    zip.close();
  }
}

function listEntries(zip: yauzl.ZipFile): Promise<yauzl.Entry[]> {
  return new Promise((resolve, reject) => {
    const entries: yauzl.Entry[] = [];
    zip.on('entry', (entry: yauzl.Entry) => {
      if (!entry.fileName.endsWith('/')) entries.push(entry);
      zip.readEntry();
    });
    zip.on('end', () => resolve(entries));
    zip.on('error', reject);
    zip.readEntry();
  });
}
