import { readFileSync } from 'node:fs';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { testData } from '@icconv/test-utils';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PatternFormatError } from '../errors/pattern-format-error';
import { formatPatternCounts, parsePatternCounts } from './counts-format';
import { type Dilation, type DilationPattern, equalPatterns, validatePattern } from './dilation-pattern';
import { manualPattern, uniformPattern } from './manual-pattern';
import { formatPattern, parsePattern } from './readable-format';
import { layerStatistics, patternStatistics } from './statistics';

const patterns = (sorted: boolean) =>
  fc.integer({ min: 1, max: 6 }).chain((maxDilation) => {
    const dilation = fc.tuple(fc.integer({ min: 1, max: maxDilation }), fc.integer({ min: 1, max: maxDilation }));
    const order = (list: Dilation[]) => (sorted ? [...list].sort((a, b) => a[0] - b[0] || a[1] - b[1]) : list);
    const layer = fc.record(
      { name: fc.string(), dilations: fc.array(dilation, { minLength: 1, maxLength: 40 }).map(order) },
      { requiredKeys: ['dilations'] },
    );
    return fc.record({ maxDilation: fc.constant(maxDilation), layers: fc.array(layer, { maxLength: 5 }) });
  }) as fc.Arbitrary<DilationPattern>;

function fault(run: () => unknown): PatternFormatError {
  try {
    run();
  } catch (error) {
    if (PatternFormatError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('formats', () => {
  test('parsePattern reads what formatPattern writes', () => {
    fc.assert(
      fc.property(patterns(false), (pattern) => {
        expect(parsePattern(formatPattern(pattern))).toEqual(pattern);
      }),
    );
  });

  test('parsePatternCounts reads what formatPatternCounts writes, but for names', () => {
    fc.assert(
      fc.property(patterns(true), (pattern) => {
        const read = parsePattern(formatPatternCounts(pattern));
        expect(read.layers).toEqual(pattern.layers.map(({ dilations }) => ({ dilations })));
        expect(equalPatterns(read, pattern)).toBe(true);
      }),
    );
  });

  test('counts spell out channels in key order, index 0 first for height', () => {
    const { maxDilation, layers } = parsePatternCounts([{ '(0, 0)': 2, '(0, 2)': 1, '(1, 0)': 0, '(2,1)': 1 }], {
      names: ['layer1.0.conv2'],
    });
    expect(maxDilation).toBe(3);
    expect(layers).toEqual([
      {
        name: 'layer1.0.conv2',
        dilations: [
          [1, 1],
          [1, 1],
          [1, 3],
          [3, 2],
        ],
      },
    ]);
  });

  test('a key of count 0 still tells the largest dilation that was allowed', () => {
    expect(parsePatternCounts([{ '(0, 0)': 2, '(3, 3)': 0 }]).maxDilation).toBe(4);
  });

  test('the readable format has a line per layer', () => {
    const pattern: DilationPattern = {
      maxDilation: 4,
      layers: [
        {
          name: 'layer1.0.conv2',
          dilations: [
            [1, 1],
            [1, 1],
            [4, 1],
            [1, 1],
          ],
        },
      ],
    };
    expect(formatPattern(pattern)).toContain(
      '\n    {"name":"layer1.0.conv2","channels":4,"dilations":"2*1x1 4x1 1x1"}\n',
    );
  });
});

describe('faults name file, layer and channel', () => {
  const file = 'net.json';
  const counts = (second: unknown) => () => parsePatternCounts([{ '(0, 0)': 4 }, second], { file });
  const own =
    (layer: object, more: object = {}) =>
    () =>
      parsePattern({ format: 'icconv-pattern/1', maxDilation: 2, layers: [layer], ...more }, { file });

  test.each([
    [counts({ '(0, 0)': 3, '(0, 1)': -1 }), 1, 3, 'count of "(0, 1)" must be a whole number of at least 0'],
    [counts({ '(0, 0)': 1.5 }), 1, 0, 'received 1.5'],
    [counts({ '(0, 0)': 1e9 }), 1, 0, 'all together at most 65536'],
    [counts({ here: 3 }), 1, undefined, 'key "here" is not of the form "(i, j)"'],
    [counts({ '(0, 99)': 3 }), 1, undefined, 'with numbers from 0 to 63'],
    [counts({ '(0, 1)': 3, '(0,1)': 2 }), 1, undefined, 'key "(0,1)" names dilation 1x2 a second time'],
    [counts({ '(0, 0)': 0 }), 1, undefined, 'the counts sum to 0 channels'],
    [counts([4]), 1, undefined, 'expected an object of counts'],
    [() => parsePattern('[{', { file }), undefined, undefined, 'not JSON'],
    [() => parsePattern({}, { file }), undefined, undefined, 'received format undefined'],
    [
      () => parsePattern([{ '(0, 0)': 60 }], { file, channels: [64] }),
      0,
      undefined,
      'the pattern covers 60 channels, the layer has 64',
    ],
    [
      () => parsePattern([{ '(0, 0)': 60 }], { file, channels: [60, 8] }),
      undefined,
      undefined,
      'the pattern has 1 layers, the network has 2',
    ],
    [() => parsePattern([{ '(0, 0)': 60 }], { file, names: [] }), undefined, undefined, '1 layers, but 0 names'],
    [own({ channels: 4, dilations: '4*1x3' }), 0, 0, 'whole numbers from 1 to 2, received [1,3]'],
    [own({ channels: 4, dilations: '3*1x1 1x0' }), 0, 3, 'received "1x0"'],
    [own({ channels: 4, dilations: '3*1x1' }), 0, undefined, '"channels" is 4, the dilations cover 3'],
    [own({ channels: 4 }), 0, undefined, '"dilations" must be a string'],
    [own({}, { maxDilation: 0 }), undefined, undefined, 'maxDilation must be a whole number from 1 to 64'],
    [own({}, { layers: 3 }), undefined, undefined, '"layers" must be a list'],
  ])('%#', (run, layer, channel, message) => {
    const error = fault(run);
    expect([error.file, error.layer, error.channel]).toEqual([file, layer, channel]);
    expect(error.message).toContain(message);
    expect(error.message.startsWith(`${file}${layer === undefined ? '' : `, layer ${layer}`}`)).toBe(true);
  });

  test('a pattern made in code is checked alike', () => {
    const pattern = {
      maxDilation: 2,
      layers: [
        {
          dilations: [
            [1, 1],
            [1, Number.NaN],
          ] as Dilation[],
        },
      ],
    };
    expect(fault(() => validatePattern(pattern)).channel).toBe(1);
  });

  test('counts refuse an order of channels that they cannot tell', () => {
    const pattern: DilationPattern = {
      maxDilation: 2,
      layers: [
        {
          dilations: [
            [2, 1],
            [1, 1],
          ],
        },
      ],
    };
    const error = fault(() => formatPatternCounts(pattern));
    expect([error.layer, error.channel]).toEqual([0, 1]);
    expect(error.message).toContain('write it with formatPattern');
  });
});

test('statistics by hand', () => {
  const layer = {
    dilations: [
      [1, 1],
      [2, 1],
      [1, 1],
      [4, 3],
    ] as Dilation[],
  };
  expect(layerStatistics(layer)).toEqual({
    channels: 4,
    meanHeight: 2,
    meanWidth: 1.5,
    distinct: 3,
    undilated: 0.5,
    shares: [
      { dilation: [1, 1], channels: 2, share: 0.5 },
      { dilation: [2, 1], channels: 1, share: 0.25 },
      { dilation: [4, 3], channels: 1, share: 0.25 },
    ],
  });
  const whole = patternStatistics({ maxDilation: 4, layers: [layer, { dilations: [[1, 1]] }] });
  expect(whole).toMatchObject({ channels: 5, distinct: 4, undilated: 0.6 });
});

test('equality is by channel', () => {
  const a: DilationPattern = {
    maxDilation: 4,
    layers: [
      {
        name: 'a',
        dilations: [
          [1, 2],
          [2, 1],
        ],
      },
    ],
  };
  expect(
    equalPatterns(a, {
      maxDilation: 2,
      layers: [
        {
          dilations: [
            [1, 2],
            [2, 1],
          ],
        },
      ],
    }),
  ).toBe(true);
  expect(
    equalPatterns(a, {
      maxDilation: 4,
      layers: [
        {
          dilations: [
            [2, 1],
            [1, 2],
          ],
        },
      ],
    }),
  ).toBe(false);
  expect(equalPatterns(a, { maxDilation: 4, layers: [] })).toBe(false);
});

describe('patterns by hand', () => {
  test('half, then 0.7 of the channels stay undilated, the rest is even', () => {
    const { layers } = manualPattern({ channels: [64, 128, 256, 512], maxDilation: 4 });
    const figures = layers.map(layerStatistics);
    expect(figures.map((f) => f.channels)).toEqual([64, 128, 256, 512]);
    expect(figures.map((f) => Number(f.undilated.toFixed(2)))).toEqual([0.5, 0.5, 0.7, 0.7]);
    for (const { shares } of figures) {
      const others = shares.filter((s) => s.dilation.join() !== '1,1').map((s) => s.channels);
      expect(others).toHaveLength(15);
      expect(Math.max(...others) - Math.min(...others)).toBeLessThanOrEqual(1);
    }
  });

  test('counts sum to the channels for any share', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (channels, maxDilation, undilatedShare) => {
          const pattern = manualPattern({ channels, maxDilation, undilatedShare });
          validatePattern(pattern, { channels });
          expect(parsePattern(formatPatternCounts(pattern))).toEqual(pattern);
        },
      ),
    );
  });

  test('one dilation for all is the plain network', () => {
    expect(patternStatistics(uniformPattern([3, 5]))).toMatchObject({ channels: 8, undilated: 1, distinct: 2 });
  });

  test('bad figures are refused', () => {
    expect(() => manualPattern({ channels: [8], undilatedShare: 1.2 })).toThrowError(InvalidArgumentError);
    expect(() => manualPattern({ channels: [8, 0] })).toThrowError('channels[1] must be a whole number from 1');
    expect(() => manualPattern({ channels: [8], maxDilation: 0 })).toThrowError('maxDilation must be');
    expect(() => manualPattern({ channels: [8], undilatedShare: [0.5, 0.5] })).toThrowError('one for each of 1 layers');
  });
});

// Figures of the fact sheet on the published files: layers, channels, branches, share of (1,1) and mean dilations.
test.for([
  ['detection_ic_resnet50_k9', 16, 3776, 238, 0.381, 1.87, 1.9],
  ['segmentation_ic_resnet50_k9', 16, 3776, 233, 0.372, 1.87, 1.92],
  ['detection_ic_resnet101_k9', 33, 8128, 510, 0.401, 1.79, 1.81],
  ['human_pose_ic_resnet50_k13', 16, 3776, 414, 0.51, 1.9, 1.85],
  ['human_pose_ic_resnet101_k13', 33, 8128, 908, 0.454, 1.9, 1.94],
  ['detection_ic_resnext101_32x4d_k9', 33, 1056, 297, 0.539, 1.64, 1.64],
] as const)('published counts of %s', ([name, layers, channels, branches, undilated, height, width], context) => {
  const file = testData('pattern-zoo', `${name}.json`);
  if (file === undefined) return context.skip('the published patterns are not on this machine');
  const text = readFileSync(file, 'utf8');
  const pattern = parsePattern(text, { file: name });
  const figures = patternStatistics(pattern);
  expect(pattern.maxDilation).toBe(name.endsWith('k13') ? 6 : 4);
  expect([pattern.layers.length, figures.channels, figures.distinct]).toEqual([layers, channels, branches]);
  expect(figures.undilated).toBeCloseTo(undilated, 3);
  expect(figures.meanHeight).toBeCloseTo(height, 2);
  expect(figures.meanWidth).toBeCloseTo(width, 2);
  expect(JSON.stringify(JSON.parse(formatPatternCounts(pattern)))).toBe(JSON.stringify(JSON.parse(text)));
});
