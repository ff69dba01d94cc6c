/** Prepared inputs against mmpose 0.29's test pipeline on OpenCV 4; fixtures by tooling/reference/make_pose_inputs.py. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { decodeImage } from '@icconv/base/pictures';
import type { RgbImage } from '@icconv/tensor-ops';
import { describeBackends, maxAbsError, testData } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { poseConfig } from '../../src';
import { placeInput, prepareInput } from '../../src/input/prepare';
import { activate } from '../support/activate';

interface Prepared {
  readonly size: number;
  readonly divisor: number;
  readonly mode: 'single' | 'multi';
  readonly scale: number;
  readonly shape: readonly [height: number, width: number];
  readonly sha256: string;
  readonly borders: readonly number[];
}
interface Picture {
  readonly height: number;
  readonly width: number;
  readonly inputs: readonly Prepared[];
}
interface Fixture {
  readonly small: readonly (Picture & { readonly name: string })[];
  readonly coco: readonly (Picture & { readonly file: string; readonly pixels: string })[];
}
const path = new URL('./fixtures/inputs.json', import.meta.url);
const fixture = JSON.parse(readFileSync(path, 'utf8')) as Fixture;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** As the script's. */
function borders(bytes: Uint8Array, height: number, width: number): number[] {
  const row = (y: number) => Array.from(bytes.subarray(y * width * 3, (y + 1) * width * 3));
  const column = (x: number) => Array.from({ length: height * 3 }, (_, i) => at(Math.floor(i / 3), x, i % 3));
  const at = (y: number, x: number, c: number) => bytes[(y * width + x) * 3 + c]!;
  return [row(0), row(height - 1), column(0), column(width - 1)].flatMap((line) =>
    Array.from({ length: 24 }, (_, i) => line[Math.floor((i * (line.length - 1)) / 23)]!),
  );
}

function checkInputs(picture: RgbImage, inputs: readonly Prepared[]): void {
  for (const { size, divisor, mode, scale, shape, ...expected } of inputs) {
    const { input } = poseConfig({ backbone: 18 });
    const config = { ...input, size, divisor, mean: [0, 0, 0], deviation: [1, 1, 1] } as const;
    const place = placeInput(picture, config, scale, mode === 'single' ? scale : 0.5);
    const where = `${picture.height}x${picture.width} at ${size}, ${mode}, scale ${scale}`;
    expect([place.height, place.width], where).toEqual(shape);
    const flip = mode === 'single';
    let bytes = new Uint8Array();
    let unequal: number | undefined = 0;
    // Nothing is returned: tidy looks for tensors in every number of it.
    tf.tidy(() => {
      const input = prepareInput(picture, place, config, flip);
      const [plain, mirrored] = flip ? tf.split(input, 2) : [input];
      if (flip) [unequal] = tf.sum(tf.notEqual(plain!, tf.reverse(mirrored!, 2))).dataSync();
      bytes = new Uint8Array(plain!.dataSync<'float32'>());
    });
    expect(maxAbsError(borders(bytes, ...shape), expected.borders), where).toBe(0);
    expect(sha256(bytes), where).toBe(expected.sha256);
    expect(unequal, `${where}, mirrored`).toBe(0);
  }
}

describeBackends('prepared inputs', activate, () => {
  test.each(fixture.small)('$name, $height x $width', ({ name, height, width, inputs }) => {
    const data = Uint8Array.from(hashed(name, height * width * 3), (v) => Math.floor((v + 1) * 128));
    checkInputs({ data, height, width }, inputs);
  });
});

const folder = testData('coco-mini', 'images');
describeBackends(
  "prepared inputs of COCO's pictures",
  activate,
  () => {
    test.skipIf(folder === undefined).each(fixture.coco)('$file', async ({ file, pixels, inputs }) => {
      const picture = await decodeImage(`${folder}/${file}`);
      // JPEG decoders may differ by a level; then the warp is not to blame.
      expect(sha256(picture.data as Uint8Array), 'decoded as OpenCV decodes').toBe(pixels);
      checkInputs(picture, inputs);
    });
  },
  ['native'],
);
