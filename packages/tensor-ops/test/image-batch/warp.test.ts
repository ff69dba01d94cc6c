/** imageBatch's `warp: 'opencv'` against OpenCV's warpAffine; fixtures by tooling/reference/make_pose_inputs.py. */
import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import { expect, test } from 'vitest';
import { type AffineMap, imageBatch } from '../../src';
import { activate } from '../support/activate';

const folder = new URL('./fixtures/', import.meta.url);
const fixture = loadFixture(new URL('warp.safetensors', folder));

interface Case {
  readonly name: string;
  readonly picture: readonly [height: number, width: number];
  readonly size: readonly [height: number, width: number];
  readonly map: AffineMap;
  readonly fill: readonly [number, number, number];
}
const { cases } = JSON.parse(readFileSync(new URL('warp.json', folder), 'utf8')) as { readonly cases: readonly Case[] };

describeBackends('imageBatch against warpAffine', activate, () => {
  test.each(cases)('$name: $picture to $size', ({ name, picture: [height, width], size, map, fill }) => {
    const data = Uint8Array.from(hashed(`warp/${name}`, height * width * 3), (v) => Math.floor((v + 1) * 128));
    const placement = { source: 0, batch: 0, top: 0, left: 0, bottom: size[0], right: size[1], map };
    const result = imageBatch([{ data, height, width }], [placement], { shape: [1, ...size], fill, warp: 'opencv' });
    const values = result.dataSync<'float32'>();
    result.dispose();
    expect(maxAbsError(values, fixture[name]!.data as Uint8Array)).toBe(0);
  });
});
