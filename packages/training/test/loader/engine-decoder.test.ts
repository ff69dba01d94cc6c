/** Pictures decoded by the engine are those that sharp decodes, and the loader takes what the engine does not to sharp. */

import { decodeImage } from '@icconv/base/pictures';
import { EngineUnavailableError, loadedNative, useEngine } from '@icconv/tensor-ops/engine';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src';
import { DecodePool } from '../../src/loader/decode-pool';
import { createLoader } from '../../src/node';

const required = process.env.ICCONV_REQUIRE_BACKENDS?.includes('native') ?? false;
await useEngine({ device: 'cpu', threads: 2 }).catch((error) => {
  if (!EngineUnavailableError.isInstance(error)) throw error;
});
const present = loadedNative() !== undefined;

const [WIDTH, HEIGHT] = [67, 45];
const random = seededRandom('decoder');
const noise = Uint8Array.from({ length: 9 * 6 * 3 }, () => random.below(256));
const picture = () => sharp(noise, { raw: { width: 9, height: 6, channels: 3 } }).resize(WIDTH, HEIGHT);

describe.skipIf(!present && !required)('decoding by the engine', () => {
  const decode = (bytes: Uint8Array, most = 1e6) => loadedNative()!.ops.decodeJpeg!(bytes, most, true);

  test.each([{ chromaSubsampling: '4:2:0' }, { chromaSubsampling: '4:4:4' }, { progressive: true }, { quality: 20 }])(
    'gives the pixels of sharp: %o',
    async (options) => {
      const jpeg = await picture().jpeg(options).toBuffer();
      const { data } = await decodeImage(jpeg);
      const decoded = (await decode(jpeg))!;
      expect([decoded.height, decoded.width]).toEqual([HEIGHT, WIDTH]);
      expect(decoded.data).toEqual(data);
      const sum = (channel: number) => data.reduce((total, value, i) => total + (i % 3 === channel ? value : 0), 0);
      expect(decoded.sums).toEqual([sum(0), sum(1), sum(2)]);
    },
  );

  test('leaves grey and CMYK, damage, too many pixels and other formats to others', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const grey = await picture().toColourspace('b-w').jpeg().toBuffer();
    const cmyk = await picture().toColourspace('cmyk').jpeg().toBuffer();
    const cut = jpeg.subarray(0, jpeg.length - 40);
    for (const bytes of [grey, cmyk, cut, new Uint8Array(0), await picture().png().toBuffer()]) {
      expect(await decode(bytes)).toBeUndefined();
    }
    expect(await decode(jpeg, WIDTH * HEIGHT - 1)).toBeUndefined();
    expect(() => decode('jpeg' as never)).toThrow('decodeJpeg: expected a Uint8Array');
  });

  test('the loader takes both ways in one batch', async () => {
    const images = [await picture().jpeg().toBuffer(), await picture().png().toBuffer()];
    const source = { length: 2, get: (index: number) => ({ image: images[index]!, objects: [] }) };
    const loader = createLoader({ source, batchSize: 2, workers: 1, shuffle: false });
    for await (const batch of loader.batches()) {
      expect(batch.images.shape).toEqual([2, HEIGHT, WIDTH, 3]);
      batch.dispose();
      break;
    }
    await loader.close();
  });

  test('grey means are the same both ways', async () => {
    const jpeg = await picture().jpeg().toBuffer();
    const pool = new DecodePool(1);
    const byEngine = await pool.decode(jpeg, true);
    const { data, width, height } = await decodeImage(jpeg);
    const bySharp = await pool.decode({ data, width, height }, true);
    expect(byEngine.meanGrey).toBe(bySharp.meanGrey);
    await pool.close();
  });
});
