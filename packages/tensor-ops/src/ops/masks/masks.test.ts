import { describeBackends, maxAbsError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { activate } from '../../../test/support/activate';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { cropPortable } from './crop-portable';
import { cropMasks, pasteMasks } from './index';
import { pastePortable } from './paste-portable';

/** Run lengths of a mask given by rows of text. */
function runsOf(...rows: string[]): Uint32Array {
  const runs = [0];
  let inside = false;
  for (let x = 0; x < rows[0]!.length; x++) {
    for (const row of rows) {
      if ((row[x] === '#') !== inside) {
        runs.push(0);
        inside = !inside;
      }
      runs[runs.length - 1]!++;
    }
  }
  return Uint32Array.from(runs);
}

describeBackends('pasteMasks', activate, () => {
  const paste = (mask: number[][], box: number[], options: Parameters<typeof pasteMasks>[2]) => {
    const inputs = [tf.tensor3d([mask]), tf.tensor2d([box])] as const;
    try {
      return pasteMasks(...inputs, options)[0];
    } finally {
      tf.dispose([...inputs]);
    }
  };
  const size = { height: 4, width: 6 };

  test('a full mask is its box; torchvision adds the pixel of the far border, and rounds the corners', () => {
    const full = [
      [1, 1],
      [1, 1],
    ];
    const exact = runsOf('......', '.##...', '.##...', '......');
    expect(paste(full, [1, 1, 3, 3], { ...size, convention: 'detectron2' })).toEqual(exact);
    const whole = runsOf('......', '..#...', '.###..', '..#...');
    expect(paste(full, [1, 1, 3, 3], size)).toEqual(whole);
  });

  test('half a mask is half a box; what is at the threshold is inside or not by the convention', () => {
    const left = [[1, 0]];
    expect(() => paste(left, [0, 0, 4, 4], size)).toThrow(ShapeMismatchError);
    const half = [
      [1, 0],
      [1, 0],
    ];
    const detectron2 = { ...size, convention: 'detectron2' } as const;
    expect(paste(half, [0, 0, 6, 4], detectron2)).toEqual(runsOf('###...', '###...', '###...', '###...'));
    expect(paste([[0.5]], [0, 0, 1, 1], detectron2)).toEqual(runsOf('#.....', '......', '......', '......'));
    expect(paste([[0.5]], [0, 0, 1, 1], { ...detectron2, threshold: 0.5000001 })).toEqual(Uint32Array.of(24));
  });

  test('boxes without area or outside give nothing; none give none', () => {
    for (const box of [
      [2, 2, 2, 4],
      [10, 1, 20, 3],
    ]) {
      expect(paste([[1]], box, { ...size, convention: 'detectron2' })).toEqual(Uint32Array.of(24));
    }
    expect(paste([[1]], [10, 1, 20, 3], size)).toEqual(Uint32Array.of(24));
    const nothing = [tf.zeros<tf.Rank.R3>([0, 28, 28]), tf.zeros<tf.Rank.R2>([0, 4])] as const;
    expect(pasteMasks(...nothing, size)).toEqual([]);
    tf.dispose([...nothing]);
  });

  test('refuses what does not fit', () => {
    expect(() => paste([[1]], [0, 0, Number.NaN, 1], size)).toThrow(
      'pasteMasks: element 2 of boxes must be a finite number, received NaN',
    );
    expect(() => paste([[1]], [0, 0, 1, 1], { height: 0, width: 3 })).toThrow(InvalidArgumentError);
    expect(() => paste([[1]], [0, 0, 1, 1], { ...size, threshold: Number.NaN })).toThrow(InvalidArgumentError);
    const other = [tf.zeros<tf.Rank.R3>([2, 3, 3]), tf.zeros<tf.Rank.R2>([1, 4])] as const;
    expect(() => pasteMasks(...other, size)).toThrow(
      'boxes must have shape [2, 4], one for each mask, received [1, 4]',
    );
    tf.dispose([...other]);
  });
});

describeBackends('cropMasks', activate, () => {
  const mask = runsOf('##....', '##....', '......', '......');
  const options = { height: 4, width: 6, outputSize: 2 } as const;

  test('gives the share of each bin, or whether it is at least half', async () => {
    const rois = tf.tensor2d([
      [0, 0, 4, 4],
      [1, 0, 3, 2],
      [10, 10, 12, 12],
    ]);
    const before = tf.memory().numTensors;
    const crops = cropMasks([mask], rois, [0, 0, 0], options);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(await crops.array()).toEqual([
      [
        [1, 0],
        [0, 0],
      ],
      [
        [1, 0],
        [1, 0],
      ],
      [
        [0, 0],
        [0, 0],
      ],
    ]);
    const whole = tf.tensor2d([[0, 0, 4, 2]]);
    for (const binary of [false, true]) {
      const one = cropMasks([mask], whole, [0], { ...options, outputSize: 1, samplingRatio: 2, binary });
      // Samples at columns 1 and 3 of half-pixel centres: within, and beyond the border that lies between.
      expect((await one.data())[0]).toBeCloseTo(binary ? 1 : 0.5, 6);
      one.dispose();
    }
    tf.dispose([rois, crops, whole]);
  });

  test('refuses what does not fit', () => {
    const roi = tf.tensor2d([[0, 0, 1, 1]]);
    expect(() => cropMasks([Uint32Array.of(23)], roi, [0], options)).toThrow(
      'cropMasks: masks[0] must be run lengths of 4 x 6 = 24 pixels, received "23 pixels"',
    );
    expect(() => cropMasks([mask], roi, [1], options)).toThrow('owners must be the index of one of 1 masks');
    expect(() => cropMasks([mask], roi, [], options)).toThrow('owners must be 1, as many as rois');
    const bad = tf.tensor2d([[0, 0, Number.POSITIVE_INFINITY, 1]]);
    expect(() => cropMasks([mask], bad, [0], options)).toThrow('element 2 of rois must be a finite number');
    tf.dispose([roi, bad]);
  });
});

describeBackends(
  'native masks',
  activate,
  () => {
    const problems = fc.record({
      seed: fc.nat(1 << 20),
      height: fc.integer({ min: 1, max: 50 }),
      width: fc.integer({ min: 1, max: 50 }),
      size: fc.integer({ min: 1, max: 14 }),
      steps: fc.constantFrom(2, 64, 1 << 22),
      flag: fc.boolean(),
      samplingRatio: fc.constantFrom(0, 0, 1, 3),
    });
    const boxesOf = (seed: number, count: number) =>
      Float32Array.from(hashed(seed, 4 * count), (v, i) => (i % 4 < 2 ? v * 20 + 10 : v * 30 + 30));

    test('paste as the portable kernel does, bit for bit', () => {
      let inside = 0;
      fc.assert(
        // Of large boxes the native kernel computes the pixels around an outline alone.
        fc.property(problems, fc.constantFrom(1, 1, 9), ({ size, ...problem }, scale) => {
          const { seed, steps, flag } = problem;
          const [height, width] = [scale * problem.height, scale * problem.width];
          const masks = 3;
          const probabilities = hashed(seed, masks * size * size).map((v) => Math.round(((v + 1) / 2) * steps) / steps);
          const boxes = boxesOf(seed + 1, masks).map((edge) => scale * edge);
          const inputs = [tf.tensor3d(probabilities, [masks, size, size]), tf.tensor2d(boxes, [masks, 4])] as const;
          const convention = flag ? 'torchvision' : 'detectron2';
          const pasted = pasteMasks(...inputs, { height, width, convention });
          tf.dispose([...inputs]);
          const job = { masks, size, height, width, threshold: 0.5, wholeBoxes: flag };
          expect(pasted.map((runs) => [...runs])).toEqual(pastePortable(probabilities, boxes, job));
          for (const runs of pasted) inside += runs.reduce((sum, run, i) => sum + (i % 2) * run, 0);
        }),
        { numRuns: 150 },
      );
      expect(inside).toBeGreaterThan(5000);
    });

    test('crop as the portable kernel does', () => {
      fc.assert(
        fc.property(problems, ({ seed, height, width, size, flag, samplingRatio }) => {
          const rows = Array.from({ length: height }, (_, y) =>
            Array.from(hashed(seed + y, width), (v) => (v > 0 ? '#' : '.')).join(''),
          );
          const mask = runsOf(...rows);
          const rois = boxesOf(seed + 1, 3);
          const tensor = tf.tensor2d(rois, [3, 4]);
          const options = { height, width, outputSize: size, samplingRatio, aligned: flag, binary: false };
          const crops = cropMasks([Uint32Array.of(height * width), mask], tensor, [1, 0, 1], options);
          const counts = [height * width, ...mask];
          const expected = cropPortable(counts, [1, mask.length], rois, [1, 0, 1], options);
          expect(maxAbsError(crops.dataSync(), expected)).toBeLessThan(1e-6);
          tf.dispose([tensor, crops]);
        }),
        { numRuns: 150 },
      );
    });
  },
  ['native'],
);
