/** resizeNormalize against torch's interpolate and Pillow's resize. */
import { readFileSync } from 'node:fs';
import { describeBackends, loadFixture, maxAbsError } from '@icconv/test-utils';
import { expect, test } from 'vitest';
import { resizeNormalize } from '../../src';
import { activate } from '../support/activate';

const folder = new URL('./fixtures/', import.meta.url);
const fixture = loadFixture(new URL('resize.safetensors', folder));
const { cases, tolerance } = JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')) as {
  readonly cases: readonly { readonly name: string; readonly size: readonly [number, number] }[];
  readonly tolerance: { readonly torch: number; readonly pillow: number };
};
const { data, shape } = fixture.image!;
const image = { data: data as Uint8Array, height: shape[0]!, width: shape[1]! };

describeBackends('resizeNormalize golden', activate, () => {
  test.each(cases)('$name', ({ name, size }) => {
    const values = (options: { antialias: boolean; round?: boolean }) => {
      const result = resizeNormalize([image], { size, ...options });
      expect(result.shape).toEqual([1, ...size, 3]);
      const numbers = result.dataSync<'float32'>();
      result.dispose();
      return numbers;
    };
    expect(maxAbsError(values({ antialias: false }), fixture[`${name}/plain`]!.data as Float32Array)).toBeLessThan(
      tolerance.torch,
    );
    expect(maxAbsError(values({ antialias: true }), fixture[`${name}/antialias`]!.data as Float32Array)).toBeLessThan(
      tolerance.torch,
    );
    const rounded = values({ antialias: true, round: true });
    expect(rounded.every(Number.isInteger)).toBe(true);
    expect(maxAbsError(rounded, fixture[`${name}/pillow`]!.data as Uint8Array)).toBeLessThanOrEqual(tolerance.pillow);
  });
});
