/** Pictures changed at random. Longer with ICCONV_FUZZ_SECONDS. */
import { fuzz, fuzzSeconds, mutateBytes } from '@icconv/test-utils';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { decodeImage, imageSize } from './decode-image';

const SECONDS = fuzzSeconds(8);
const noise = sharp(
  Uint8Array.from({ length: 48 * 32 * 3 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24),
  { raw: { width: 48, height: 32, channels: 3 } },
);

/** 8 bits with a palette; the rest of the file is noise. */
function bitmap(): Buffer {
  const file = Buffer.alloc(54 + 1024 + 48 * 32, 7);
  file.write('BM');
  file.writeUInt32LE(54 + 1024, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(48, 18);
  file.writeInt32LE(32, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(8, 28);
  file.fill(0, 30, 54);
  return file;
}

test('changed pictures', { timeout: 60_000 + SECONDS * 1000 }, async () => {
  const turned = noise.clone().withMetadata({ orientation: 6 });
  const seeds = await Promise.all([
    turned.clone().jpeg().toBuffer(),
    noise.clone().jpeg({ progressive: true }).toBuffer(),
    noise.clone().png().toBuffer(),
    noise.clone().png({ palette: true }).toBuffer(),
    noise.clone().webp().toBuffer(),
    noise.clone().gif().toBuffer(),
    noise.clone().tiff({ compression: 'lzw' }).toBuffer(),
    bitmap(),
  ]);
  const limits = { maxPixels: 2 ** 22, maxSeconds: 5 };
  const counts = await fuzz<Uint8Array>({
    seconds: SECONDS,
    seeds,
    mutate: mutateBytes,
    longestMs: 8000,
    async read(bytes) {
      const { data, width, height } = await decodeImage(bytes, limits);
      const size = await imageSize(bytes, limits);
      if (data.length !== width * height * 3 || width * height > limits.maxPixels) throw new Error('pixels');
      if (size.width !== width || size.height !== height)
        throw new Error(`${size.width}x${size.height}, ${width}x${height}`);
    },
  });
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});
