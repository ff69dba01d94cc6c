/** Boxes, keypoints, polygons and masks stay with the pixels. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { seededRandom } from '../random/random';
import type { AugmentConfig } from './config';
import { apply, chain, IDENTITY, inverse, mirror } from './geometry';
import { moveObjects, moveSample, type SampleObject } from './objects';
import { type PictureLayer, planSample } from './plan';

const sizes = fc.record({ height: fc.integer({ min: 4, max: 400 }), width: fc.integer({ min: 4, max: 400 }) });
const configs: fc.Arbitrary<AugmentConfig> = fc.record(
  {
    resize: fc.oneof(
      fc.record({ shortest: fc.integer({ min: 8, max: 300 }), longest: fc.integer({ min: 300, max: 400 }) }),
      fc.record({
        size: fc.constantFrom([64, 96] as const, [100, 50] as const),
        fit: fc.constantFrom('stretch' as const, 'contain' as const, 'centre' as const, 'cover' as const),
      }),
    ),
    flip: fc.constantFrom(0, 0.5, 1),
    scaleJitter: fc.constantFrom([0.5, 2] as const, [1, 1] as const),
    crop: fc.constantFrom([80, 60] as const, [30, 200] as const),
    affine: fc.constantFrom({ rotation: 30, scale: [0.75, 1.5] as const, translate: 0.1 }, { rotation: 0 }),
  },
  { requiredKeys: [] },
);
const PAIRS = [[0, 1]] as const;

/** An object at shares of the picture: a box, its corners as polygon, and three points within it as keypoints. */
function objectIn(
  { height, width }: { height: number; width: number },
  seed: number,
): SampleObject & { label: number } {
  const random = seededRandom(seed);
  const [x1, y1] = [random.uniform(0, width - 2), random.uniform(0, height - 2)];
  const [x2, y2] = [random.uniform(x1 + 1, width), random.uniform(y1 + 1, height)];
  const point = () => [random.uniform(x1, x2), random.uniform(y1, y2), 2];
  return {
    label: 7,
    box: [x1, y1, x2, y2],
    polygons: [[x1, y1, x2, y1, x2, y2, x1, y2]],
    keypoints: [...point(), ...point(), ...point()],
  };
}

test('flipping twice changes nothing', () => {
  fc.assert(
    fc.property(sizes, fc.nat(), (size, seed) => {
      const layer: PictureLayer = {
        picture: 0,
        forward: mirror(size.width),
        top: 0,
        left: 0,
        bottom: size.height,
        right: size.width,
        flipped: true,
        colour: undefined,
      };
      const object = objectIn(size, seed);
      const rules = { swapPairs: PAIRS, minSize: 0, minVisible: 0 };
      const once = moveObjects([object], layer, size, size, rules);
      const [twice] = moveObjects(once, layer, size, size, rules);
      expect(once[0]!.keypoints![0]).toBeCloseTo(size.width - object.keypoints![3]!, 8);
      for (const key of ['box', 'keypoints'] as const) {
        for (const [i, value] of object[key]!.entries()) expect(twice![key]![i]).toBeCloseTo(value, 8);
      }
      expect(twice!.label).toBe(7);
    }),
  );
});

test('boxes lie in the output, hold their keypoints, and are large enough', () => {
  fc.assert(
    fc.property(sizes, configs, fc.nat(), (size, config, seed) => {
      const plan = planSample(config, [size], seededRandom(seed));
      const moved = moveSample([[objectIn(size, seed)]], plan, [size], { swapPairs: PAIRS });
      for (const { box, keypoints } of moved) {
        const [x1, y1, x2, y2] = box!;
        expect(x1 >= 0 && y1 >= 0 && x2 <= plan.width && y2 <= plan.height).toBe(true);
        expect(x2 - x1).toBeGreaterThanOrEqual(1);
        expect(y2 - y1).toBeGreaterThanOrEqual(1);
        for (let k = 0; k < keypoints!.length; k += 3) {
          const [x, y, visible] = keypoints!.slice(k, k + 3) as [number, number, number];
          if (visible === 0) expect([x, y]).toEqual([0, 0]);
          else expect(x >= x1 - 1e-6 && x <= x2 + 1e-6 && y >= y1 - 1e-6 && y <= y2 + 1e-6).toBe(true);
        }
      }
    }),
  );
});

test('keypoints follow the map of the pixels, and change names when flipped', () => {
  fc.assert(
    fc.property(sizes, configs, fc.nat(), (size, config, seed) => {
      const plan = planSample(config, [size], seededRandom(seed));
      const [layer] = plan.layers;
      const object = objectIn(size, seed);
      const [moved] = moveSample([[object]], plan, [size], { swapPairs: PAIRS, minSize: 0, minVisible: 0 });
      if (moved === undefined) return;
      for (let k = 0; k < 3; k++) {
        const from = layer!.flipped && k < 2 ? 1 - k : k;
        const [x, y] = apply(layer!.forward, object.keypoints![from * 3]!, object.keypoints![from * 3 + 1]!);
        if (moved.keypoints![k * 3 + 2] === 0) continue;
        expect(moved.keypoints![k * 3]).toBeCloseTo(x, 6);
        expect(moved.keypoints![k * 3 + 1]).toBeCloseTo(y, 6);
      }
    }),
  );
});

test('a map and its inverse cancel', () => {
  fc.assert(
    fc.property(sizes, configs, fc.nat(), (size, config, seed) => {
      const { forward } = planSample(config, [size], seededRandom(seed)).layers[0]!;
      const same = chain(forward, inverse(forward));
      for (const [i, value] of same.entries()) expect(value).toBeCloseTo(IDENTITY[i]!, 6);
    }),
  );
});

test('the same seed plans the same', () => {
  const config: AugmentConfig = {
    resize: { shortest: [100, 200] },
    flip: 0.5,
    colour: { brightness: 0.4, hue: 0.1 },
    affine: { rotation: 10 },
  };
  const plan = (seed: number) => planSample(config, [{ height: 50, width: 80 }], seededRandom(seed));
  expect(plan(1)).toEqual(plan(1));
  expect(plan(1)).not.toEqual(plan(2));
});
