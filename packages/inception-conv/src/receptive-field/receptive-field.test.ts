import { InvalidArgumentError } from '@icconv/tensor-ops';
import { describeBackends } from '@icconv/test-utils';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { activate } from '../../test/activate';
import { manualPattern } from '../pattern/manual-pattern';
import {
  type EffectiveReceptiveField,
  effectiveReceptiveField,
  receptiveFieldPng,
  receptiveFieldSvg,
  type StackLayer,
  theoreticalReceptiveField,
} from './index';

describe('theoretical', () => {
  test('a ResNet stem sees 11 pixels at stride 4', () => {
    const field = theoreticalReceptiveField([
      { kernelSize: 7, stride: 2 },
      { kernelSize: 3, stride: 2 },
    ]);
    expect(field).toEqual({
      height: { smallest: 11, mean: 11, largest: 11 },
      width: { smallest: 11, mean: 11, largest: 11 },
      stride: 4,
    });
  });

  test('dilations per channel spread it, per axis', () => {
    const layers: StackLayer[] = [
      {
        kernelSize: 3,
        stride: 2,
        dilations: [
          [1, 1],
          [4, 1],
          [1, 2],
          [2, 1],
        ],
      },
      { kernelSize: 3, dilations: [2, 1] },
    ];
    const { height, width } = theoreticalReceptiveField(layers);
    expect(height).toEqual({ smallest: 1 + 2 + 8, mean: 1 + 2 * 2 + 8, largest: 1 + 8 + 8 });
    expect(width).toEqual({ smallest: 1 + 2 + 4, mean: 1 + 2 * 1.25 + 4, largest: 1 + 4 + 4 });
  });

  test('faults name the layer', () => {
    const fails = (layer: object) => () => theoreticalReceptiveField([{ kernelSize: 3 }, layer as StackLayer]);
    expect(fails({ kernelSize: 2 })).toThrowError('layers[1].kernelSize must be an odd positive whole number');
    expect(fails({ kernelSize: 3, stride: 0 })).toThrowError('layers[1].stride');
    expect(fails({ kernelSize: 3, dilations: [0, 1] })).toThrowError('layers[1].dilations');
    expect(() => theoreticalReceptiveField([])).toThrowError(InvalidArgumentError);
  });
});

const plain: StackLayer[] = Array.from({ length: 4 }, () => ({ kernelSize: 3 }));
const inception = manualPattern({ channels: [32, 32, 32, 32] }).layers.map(
  ({ dilations }): StackLayer => ({ kernelSize: 3, dilations }),
);

describeBackends(
  'effective',
  activate,
  () => {
    test('stays inside the theoretical field and is largest near the centre', async () => {
      const field = await effectiveReceptiveField(plain, { size: 15, trials: 6, channels: 16 });
      const touched = [...field.map.entries()]
        .filter(([, value]) => value > 0)
        .map(([i]) => [Math.floor(i / 15), i % 15]);
      // 4 layers of 3 x 3 reach 4 pixels from the centre at 7.
      for (const [row, column] of touched) {
        expect(Math.abs(row! - 7)).toBeLessThanOrEqual(4);
        expect(Math.abs(column! - 7)).toBeLessThanOrEqual(4);
      }
      expect(touched).toHaveLength(81);
      expect(field.map[7 * 15 + 7]).toBeGreaterThan(0.5);
    });

    test('of a linear plain stack has the deviation that theory gives', async () => {
      // Each 3 x 3 layer of independent weights adds a variance of (1 + 0 + 1)/3 = 2/3 pixels squared along each axis.
      const field = await effectiveReceptiveField(plain, { trials: 24, channels: 16, relu: false });
      expect(field.deviationHeight).toBeCloseTo(Math.sqrt(4 * (2 / 3)), 1);
      expect(field.deviationWidth).toBeCloseTo(Math.sqrt(4 * (2 / 3)), 1);
    });

    test('is wider with inception than without, and along the dilated axis only', async () => {
      const [a, b] = [await effectiveReceptiveField(plain), await effectiveReceptiveField(inception)];
      expect(b.deviationHeight).toBeGreaterThan(1.3 * a.deviationHeight);
      expect(b.area).toBeGreaterThan(1.5 * a.area);
      const tall = await effectiveReceptiveField([{ kernelSize: 3, dilations: [3, 1] }], { trials: 2 });
      expect(tall.deviationHeight).toBeGreaterThan(2 * tall.deviationWidth);
    });

    test('the same seed gives the same field', async () => {
      const options = { trials: 1, channels: 4, seed: 7 };
      const [a, b] = [await effectiveReceptiveField(plain, options), await effectiveReceptiveField(plain, options)];
      expect(a).toEqual(b);
    });
  },
  ['native', 'wasm'],
);

describe('pictures', () => {
  const dot: EffectiveReceptiveField = {
    size: 3,
    map: Float64Array.from([0, 0, 0, 0, 1, 1, 0, 0, 0]),
    deviationHeight: 0,
    deviationWidth: 0.5,
    area: 2,
  };

  test('SVG merges equal neighbours and escapes titles', () => {
    const svg = receptiveFieldSvg([{ title: 'a < b', field: dot }]);
    expect(svg).toContain('<rect x="1" y="1" width="2" height="1" fill="#fcffa4"/>');
    expect(svg).toContain('a &#60; b');
    expect(svg).toContain('deviation 0.0 x 0.5 px, area 2 px');
    expect(() => receptiveFieldSvg([])).toThrowError(InvalidArgumentError);
  });

  test('PNG shows every panel', async () => {
    const png = await receptiveFieldPng(
      [
        { title: 'a', field: dot },
        { title: 'b', field: dot },
      ],
      { panelSize: 90 },
    );
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([2 * 90 + 3 * 16, 90 + 16 + 64]);
    const pixel = (x: number, y: number) => [...data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)];
    for (const left of [16, 16 + 106]) {
      expect(pixel(left + 45, 16 + 45)).toEqual([252, 255, 164]);
      expect(pixel(left + 15, 16 + 45)).toEqual([0, 0, 4]);
    }
    expect(pixel(4, 4)).toEqual([255, 255, 255]);
  });
});
