import type { loadFixture } from '@icconv/test-utils';

/** Run lengths of each mask from a fixture's `<name>.counts` and `<name>.lengths`. */
export function runLengths(fixture: ReturnType<typeof loadFixture>, name: string): Uint32Array[] {
  const counts = Uint32Array.from(fixture[`${name}counts`]!.data as Int32Array);
  let end = 0;
  return Array.from(fixture[`${name}lengths`]!.data as Int32Array, (length) => {
    end += length;
    return counts.slice(end - length, end);
  });
}
