import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeTargets } from '../../src';

const K = 3;
const place = fc.tuple(
  fc.double({ min: -4, max: 40, noNaN: true }),
  fc.double({ min: -4, max: 30, noNaN: true }),
  fc.integer({ min: 0, max: 2 }),
);
const person = fc.array(place, { minLength: K, maxLength: K }).map((points) => points.flat());
const scene = fc.record({
  people: fc.array(person, { maxLength: 6 }),
  centre: fc.constantFrom('pixel' as const, 'exact' as const),
  sigma: fc.constantFrom(1, 1.5, 2, 3),
});
const size = { keypoints: K, height: 26, width: 36 };

test('every labelled keypoint in the map has a tag and stands under a peak; nothing else does', () => {
  fc.assert(
    fc.property(scene, ({ people, centre, sigma }) => {
      const { heatmaps, people: encoded } = encodeTargets(people, { ...size, centre, sigma });
      const inside = people.map((points) =>
        [0, 1, 2].filter((joint) => {
          const [x, y, v] = points.slice(3 * joint) as [number, number, number];
          return (
            v > 0 &&
            Math.trunc(x) >= 0 &&
            Math.trunc(y) >= 0 &&
            Math.trunc(x) < size.width &&
            Math.trunc(y) < size.height
          );
        }),
      );
      expect(encoded.map((tags) => tags.map(({ joint }) => joint))).toEqual(
        inside.filter((joints) => joints.length > 0),
      );
      expect(heatmaps.every((value) => value >= 0 && value <= 1)).toBe(true);
      // A corner of its pixel is the farthest that an exact place can be from the pixel's middle; a keypoint above the map is cut to it.
      const least = centre === 'pixel' ? 1 : Math.exp(-(2 * 1.5 ** 2) / (2 * sigma ** 2));
      for (const { joint, x, y } of encoded.flat()) {
        expect(heatmaps[(y * size.width + x) * K + joint]).toBeGreaterThanOrEqual(least - 1e-6);
      }
      if (encoded.length === 0) expect(heatmaps.every((value) => value === 0)).toBe(true);
    }),
  );
});

test('two people on one map: the larger value counts', () => {
  const options = { keypoints: 1, height: 1, width: 30, sigma: 2 };
  const one = encodeTargets([[10.5, 0.5, 2]], options).heatmaps;
  const other = encodeTargets([[14.5, 0.5, 1]], options).heatmaps;
  const both = encodeTargets(
    [
      [10.5, 0.5, 2],
      [14.5, 0.5, 1],
    ],
    options,
  ).heatmaps;
  expect(Array.from(both)).toEqual(Array.from(one, (value, i) => Math.max(value, other[i]!)));
  expect(one[10]).toBe(1);
  expect(one[12]).toBeCloseTo(Math.exp(-0.5), 6);
  // The patch of 6 sigma + 3 pixels ends.
  expect(one[17]).toBeGreaterThan(0);
  expect(one[18]).toBe(0);
});

test('a person of another number of keypoints is refused', () => {
  expect(() => encodeTargets([[1, 2, 2]], { ...size, sigma: 2 })).toThrow('9 numbers');
});
