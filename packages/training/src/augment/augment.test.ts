import { expect, test } from 'vitest';
import { seededRandom } from '../random/random';
import { checkAugmentConfig } from './check-config';
import { drawColour, hueTurn } from './colour';
import type { AugmentConfig } from './config';
import { moveObjects, moveSample } from './objects';
import { drawsMosaic, type PictureLayer, planSample } from './plan';

const layer = (over: Partial<PictureLayer>): PictureLayer => ({
  picture: 0,
  forward: [1, 0, 0, 0, 1, 0],
  top: 0,
  left: 0,
  bottom: 100,
  right: 100,
  flipped: false,
  colour: undefined,
  ...over,
});
const size = { height: 100, width: 100 };

test('cover fills a fixed size with the middle of the picture, centre shows the whole', () => {
  const middle = (fit: 'cover' | 'centre') => {
    const plan = planSample({ resize: { size: [100, 100], fit } }, [{ height: 200, width: 400 }], seededRandom(1));
    const [scale, , x, , , y] = plan.layers[0]!.forward;
    return { size: [plan.height, plan.width], scale, middle: [200 * scale + x, 100 * scale + y] };
  };
  expect(middle('cover')).toEqual({ size: [100, 100], scale: 0.5, middle: [50, 50] });
  expect(middle('centre')).toEqual({ size: [100, 100], scale: 0.25, middle: [50, 50] });
});

test('resizing rules give the sizes of torchvision', () => {
  const output = (config: AugmentConfig, height: number, width: number) => {
    const plan = planSample(config, [{ height, width }], seededRandom(1));
    return [plan.height, plan.width];
  };
  const rule = { resize: { shortest: 800, longest: 1333 } };
  expect(output(rule, 480, 640)).toEqual([800, 1067]);
  expect(output(rule, 640, 480)).toEqual([1067, 800]);
  expect(output(rule, 300, 1000)).toEqual([400, 1333]);
  expect(output({}, 33, 44)).toEqual([33, 44]);
  expect(output({ resize: { size: [512, 512] } }, 100, 300)).toEqual([512, 512]);
  const cut = { resize: { shortest: 800, longest: 1333, rounding: 'floor' } } as const;
  expect(output(cut, 480, 640)).toEqual([800, 1066]);
  expect(output(cut, 427, 640)).toEqual([800, 1199]);
  // 800 / 334 * 334 is a little below 800 in doubles.
  expect(output(cut, 334, 500)).toEqual([799, 1197]);
  const detectron2 = { resize: { shortest: 800, longest: 1333, rounding: 'detectron2' } } as const;
  expect(output(detectron2, 3, 62)).toEqual([64, 1333]);
  expect(output(rule, 3, 62)).toEqual([65, 1333]);
  // A line of one pixel keeps one.
  expect(output({ resize: { shortest: 10, longest: 20 } }, 1, 1000)).toEqual([1, 20]);
});

test('boxes: emptied, slivers and those outside the picture go, others are cut', () => {
  const move = (box: [number, number, number, number], over: Partial<PictureLayer> = {}, rules = {}) =>
    moveObjects([{ box, label: 1 }], layer(over), size, size, rules)[0]?.box;
  const left = { forward: [1, 0, -50, 0, 1, 0] } as const;
  expect(move([10, 10, 40, 40], left)).toBeUndefined();
  expect(move([10, 10, 60, 40], left)).toEqual([0, 10, 10, 40]);
  // Two of fifty columns are left.
  expect(move([2, 10, 52, 40], left)).toBeUndefined();
  expect(move([2, 10, 52, 40], left, { minVisible: 0 })).toEqual([0, 10, 2, 40]);
  expect(move([10, 10, 50.5, 40], left, { minVisible: 0 })).toBeUndefined();
  expect(move([10, 10, 50.5, 40], left, { minVisible: 0, minSize: 0.1 })).toEqual([0, 10, 0.5, 40]);
  // What sticks out of the picture never was visible.
  expect(move([-900, 10, 20, 40])).toEqual([0, 10, 20, 40]);
  expect(move([30, 30, 30, 50])).toBeUndefined();
});

test('turned boxes: around the polygon where there is one', () => {
  const quarter = { forward: [0, -1, 100, 1, 0, 0] } as const;
  expect(moveObjects([{ box: [10, 20, 30, 60] }], layer(quarter), size, size)[0]!.box).toEqual([40, 10, 80, 30]);
  const c = Math.SQRT1_2;
  const eighth = { forward: [c, -c, 50, c, c, -20] } as const;
  const diamond = [50, 30, 70, 50, 50, 70, 30, 50];
  const [moved] = moveObjects([{ box: [30, 30, 70, 70], polygons: [diamond] }], layer(eighth), size, size);
  const side = 40 * c;
  expect(moved!.box![2] - moved!.box![0]).toBeCloseTo(side, 6);
  expect(moved!.polygons![0]!.length).toBe(8);
});

test('a turned outline of more points than a call has arguments', () => {
  const outline = Array.from({ length: 300_000 }, (_, i) => 50 + 10 * (i % 2 === 0 ? Math.cos(i) : Math.sin(i)));
  const quarter = { forward: [0.6, -0.8, 50, 0.8, 0.6, -20] } as const;
  const [moved] = moveObjects([{ box: [40, 40, 60, 60], polygons: [outline] }], layer(quarter), size, size);
  expect(moved!.box!.every(Number.isFinite)).toBe(true);
});

test('polygons are cut at the view, masks follow the nearest pixel', () => {
  const half = layer({ forward: [1, 0, 0, 0, 1, 0], right: 50 });
  const square = [20, 20, 80, 20, 80, 60, 20, 60];
  const [moved] = moveObjects([{ polygons: [square, [60, 1, 70, 1, 65, 9]] }], half, size, size);
  expect(moved!.polygons).toEqual([[20, 20, 50, 20, 50, 60, 20, 60]]);
  const mask = { data: Uint8Array.of(1, 0, 0, 2), height: 2, width: 2 };
  const doubled = layer({ forward: [2, 0, 0, 0, 2, 0], bottom: 4, right: 4 });
  const [object] = moveObjects([{ mask }], doubled, { height: 2, width: 2 }, { height: 4, width: 4 });
  expect([...object!.mask!.data]).toEqual([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 2, 2, 0, 0, 2, 2]);
});

test('objects without a box stay while something of them is in view', () => {
  const outside = layer({ forward: [1, 0, 500, 0, 1, 0] });
  const object = { keypoints: [10, 10, 2, 20, 20, 0] };
  expect(moveObjects([object], outside, size, size)).toEqual([]);
  expect(moveObjects([object], layer({}), size, size)).toEqual([{ keypoints: [10, 10, 2, 0, 0, 0] }]);
  expect(moveObjects([{ label: 3 } as object], outside, size, size)).toEqual([{ label: 3 }]);
});

test('a mosaic covers its output with four pictures and keeps their objects apart', () => {
  const config: AugmentConfig = { crop: [100, 100], mosaic: { probability: 1 }, flip: 0.5 };
  expect(drawsMosaic(config, seededRandom(1))).toBe(true);
  expect(drawsMosaic({ ...config, mosaic: { probability: 0 } }, seededRandom(1))).toBe(false);
  const pictures = [90, 100, 110, 120].map((side) => ({ height: side, width: side }));
  const plan = planSample(config, pictures, seededRandom(3));
  expect([plan.height, plan.width, plan.layers.length]).toEqual([100, 100, 4]);
  const covered = plan.layers.reduce((sum, l) => sum + (l.bottom - l.top) * (l.right - l.left), 0);
  expect(covered).toBe(100 * 100);
  const objects = pictures.map(({ height, width }, picture) => [{ box: [0, 0, width, height] as const, picture }]);
  const moved = moveSample(objects, plan, pictures);
  expect(moved.map(({ picture }) => picture)).toEqual([0, 1, 2, 3]);
  for (const { box, picture } of moved) {
    const { top, left, bottom, right } = plan.layers[picture]!;
    expect(box).toEqual([left, top, right, bottom]);
  }
});

test('colour: nothing for no spread, grey stays grey under saturation and hue', () => {
  const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0];
  const close = (actual: readonly number[], expected: readonly number[]) =>
    actual.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
  close(drawColour({}, 100, seededRandom(1))!, identity);
  expect(drawColour({ brightness: 0.5, probability: 0 }, 100, seededRandom(1))).toBeUndefined();
  close(hueTurn(1), identity);
  const matrix = drawColour({ saturation: 0.9, hue: 0.3 }, 100, seededRandom(2))!;
  for (let i = 0; i < 3; i++)
    expect(80 * (matrix[i * 4]! + matrix[i * 4 + 1]! + matrix[i * 4 + 2]!)).toBeCloseTo(80, 1);
  // Contrast keeps the mean grey.
  const deeper = drawColour({ contrast: 0.9 }, 90, seededRandom(3))!;
  expect(deeper[0]! * 90 + deeper[3]!).toBeCloseTo(90, 6);
});

test('bad configurations are named', () => {
  const message = (config: unknown) => {
    try {
      checkAugmentConfig(config as AugmentConfig);
    } catch (error) {
      return (error as Error).message;
    }
    throw new Error('nothing was thrown');
  };
  expect(message({ flip: 2 })).toBe('augment: flip must be a share from 0 to 1, received 2');
  expect(message({ resize: { shortest: [] } })).toContain('resize.shortest');
  expect(message({ resize: { size: [0, 5] } })).toContain('resize.size');
  expect(message({ crop: [3] })).toContain('crop');
  expect(message({ scaleJitter: [0, 1] })).toContain('scaleJitter must be a range of positive factors');
  expect(message({ affine: { rotation: Number.NaN } })).toContain('affine.rotation');
  expect(message({ colour: { hue: 0.7 } })).toContain('colour.hue');
  expect(message({ mosaic: { probability: 0.5 } })).toContain('mosaic must be used together with crop');
});
