import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeBackends, maxAbsError } from '@icconv/test-utils';
import { seededRandom } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import * as ort from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { compileFasterRcnn, type Detections, type FasterRcnnConfig, preparePictures } from '../../src';
import { exportDetectorOnnx } from '../../src/onnx';
import { activate } from '../support/activate';
import { MAX_DETECTIONS, smallDetector, weightsOf } from './detectors';

/** float32 through all layers, in another order of summation: pixels, probabilities. */
/** Boxes that differ by their rounding move what masks are pooled from: 1.8e-4 with Winograd's kernels, 0.9e-4 without. */
const TOLERANCE = { boxes: 1e-3, scores: 1e-5, masks: 4e-4 };
const BATCHES = [
  [1, 96, 128],
  [3, 101, 77],
] as const;

type Batch = readonly [pictures: number, height: number, width: number];
type Session = Awaited<ReturnType<typeof ort.InferenceSession.create>>;

function pictures([count, height, width]: Batch) {
  const random = seededRandom('onnx', height);
  return Array.from({ length: count }, () => ({
    ...{ height, width },
    data: Uint8Array.from({ length: height * width * 3 }, (_, i) => (Math.floor(i / 60) % 2) * 120 + random.below(130)),
  }));
}

/** What onnxruntime finds, a record for each picture, and what it says where there is nothing. */
async function theirs(session: Session, batch: Batch) {
  const [count, height, width] = batch;
  const pixels = Float32Array.from(pictures(batch).flatMap(({ data }) => [...data]));
  const nchw = tf.tidy(() => tf.transpose(tf.tensor4d(pixels, [count, height, width, 3]), [0, 3, 1, 2]));
  const feed = new ort.Tensor('float32', nchw.dataSync<'float32'>(), nchw.shape);
  nchw.dispose();
  const results = await session.run({ images: feed });
  const found = Array.from(results.num_detections!.data as BigInt64Array, Number);
  expect(found).toHaveLength(count);
  return found.map((own, picture) => {
    const rows = (name: string, from: number, to: number) => {
      const { dims, data } = results[name]!;
      expect(dims.slice(0, 2), name).toEqual([count, MAX_DETECTIONS]);
      const size = dims.slice(2).reduce((a, b) => a * b, 1);
      const first = picture * MAX_DETECTIONS;
      return Array.from(data.slice((first + from) * size, (first + to) * size) as ArrayLike<number | bigint>, Number);
    };
    const names = session.outputNames.filter((name) => name !== 'num_detections');
    const slice = (from: number, to: number) => Object.fromEntries(names.map((name) => [name, rows(name, from, to)]));
    return { count: own, found: slice(0, own), rest: slice(own, MAX_DETECTIONS) };
  });
}

function ours(weights: Record<string, tf.Tensor>, config: FasterRcnnConfig, batch: Batch): Detections[] {
  const [, height, width] = batch;
  const unchanged = { minSize: Math.min(height, width), maxSize: Math.max(height, width) };
  const { images, sizes } = preparePictures(pictures(batch), { ...config.input, ...unchanged });
  expect(sizes[0]).toEqual([height, width]);
  const network = compileFasterRcnn(weights, config);
  const found = network.detect(images, sizes);
  network.dispose();
  images.dispose();
  return found;
}

/** The same detections in the same order. @returns how many of each picture. */
async function expectEqual(config: FasterRcnnConfig, batches: readonly Batch[] = BATCHES): Promise<number[]> {
  const weights = weightsOf(config);
  const session = await ort.InferenceSession.create(await exportDetectorOnnx(weights, config), {
    intraOpNumThreads: 2,
    logSeverityLevel: 3,
  });
  const counts: number[] = [];
  for (const batch of batches) {
    const results = await theirs(session, batch);
    ours(weights, config, batch).forEach(({ classes, ...expected }, picture) => {
      const { found, rest, count } = results[picture]!;
      expect(found.labels).toEqual([...classes.dataSync()]);
      expect(Object.keys(found).sort()).toEqual([...Object.keys(expected), 'labels'].sort());
      for (const [name, tensor] of Object.entries(expected) as [keyof typeof TOLERANCE, tf.Tensor][]) {
        expect(maxAbsError(found[name]!, tensor.dataSync()), name).toBeLessThan(TOLERANCE[name]);
      }
      const { labels, ...zeros } = rest;
      expect(new Set(labels)).toEqual(new Set(count < MAX_DETECTIONS ? [-1] : []));
      for (const [name, values] of Object.entries(zeros))
        expect(
          values.every((value) => value === 0),
          name,
        ).toBe(true);
      counts.push(count);
      tf.dispose([classes, Object.values(expected)]);
    });
  }
  await session.release();
  tf.dispose(weights);
  return counts;
}

const LEVELS = smallDetector({}).roi.levelRule;

const KINDS = {
  'Faster R-CNN': {},
  'Faster R-CNN of mmdetection': { preset: 'mmdetection' },
  'Mask R-CNN': { preset: 'torchvision-v2', masks: true },
  'Cascade R-CNN': { preset: 'detectron2', cascade: true },
  'Cascade Mask R-CNN': { preset: 'mmdetection', masks: true, cascade: true },
} as const;

describeBackends(
  'exportDetectorOnnx',
  activate,
  () => {
    describe.each(Object.entries(KINDS))('%s', (_, kind) => {
      test.each([
        ['plain', true],
        ['inception', false],
      ])('%s: gives in onnxruntime what it gives here', async (_name, plain) => {
        const counts = await expectEqual(smallDetector(kind, { plain }));
        expect(Math.min(...counts)).toBeGreaterThan(3);
      });
    });

    test.each<[string, Parameters<typeof smallDetector>]>([
      ['suppression across classes', [{}, { test: { acrossClasses: true } }]],
      ['least sizes', [{ preset: 'mmdetection' }, { proposals: { minSize: 30 }, test: { minSize: 40 } }]],
      ['thresholds', [{}, { proposals: { nmsThreshold: 0.3 }, test: { scoreThreshold: 0.4, nmsThreshold: 0.2 } }]],
      ['fewer candidates than wanted', [{}, { proposals: { postNmsTopN: 3 }, test: { scoreThreshold: 0 } }]],
      ['more proposals than there are', [{}, { proposals: { preNmsTopN: 1e5, postNmsTopN: 1e5 } }]],
      ['sizes that no stride divides', [{ masks: true }, { input: { divisor: 1 } }]],
      ['fewer levels', [{}, { roi: { levelRule: { ...LEVELS, levels: 2 } } }]],
      ['no hidden layer', [{}, { roi: { linears: 0, outputSize: 3 } }]],
      ['deltas of a last background', [{ preset: 'mmdetection' }, { roi: { backgroundDeltas: true } }]],
      [
        'anchors',
        [
          {},
          {
            anchors: {
              sizes: [
                [8, 20],
                [30, 40],
                [60, 70],
                [90, 99],
                [120, 130],
              ],
              ratios: [0.7, 1.4],
            },
          },
        ],
      ],
    ])('honours %s', async (_, args) => {
      const counts = await expectEqual(smallDetector(...args));
      expect(Math.max(...counts)).toBeGreaterThan(0);
    });

    test('takes pictures of any size', async () => {
      const sizes = [
        [1, 1, 1],
        [2, 7, 300],
        [1, 200, 33],
      ] as const;
      await expectEqual(smallDetector({ preset: 'mmdetection', masks: true }), sizes);
      // Without padding the coarsest maps are of one pixel.
      await expectEqual(smallDetector({ masks: true }, { input: { divisor: 1 } }), sizes);
    });

    test.each(['proposals', 'detections'])('no %s', async (what) => {
      // No box is as large, no probability as high.
      const none = what === 'proposals' ? { proposals: { minSize: 1e4 } } : { test: { scoreThreshold: 1 } };
      for (const cascade of [false, true]) {
        const config = smallDetector({ preset: 'mmdetection', masks: true, cascade }, none);
        expect(await expectEqual(config)).toEqual([0, 0, 0, 0]);
      }
    });

    test('a missing weight and one of another shape are named, and no tensor is left', async () => {
      const config = smallDetector({ preset: 'torchvision-v2', masks: true });
      const weights = weightsOf(config);
      const { 'roi_heads.box_head.5.weight': hidden, ...rest } = weights;
      await expect(exportDetectorOnnx(rest, config)).rejects.toThrow(
        'exportDetectorOnnx: weights["roi_heads.box_head.5.weight"]',
      );
      const wrong = { ...rest, 'roi_heads.box_head.5.weight': tf.zeros([1, 16]) };
      await expect(exportDetectorOnnx(wrong, config)).rejects.toThrow('roi_heads.box_head.5.weight');
      tf.dispose([hidden!, wrong]);
    });

    test('onnx itself finds no fault, and names of classes travel along', async (context) => {
      const python = [process.env.ICCONV_BENCH_PYTHON, 'python3'].find(
        (one) => one && spawnSync(one, ['-c', 'import onnx']).status === 0,
      );
      if (python === undefined) return context.skip('no Python with onnx (ICCONV_BENCH_PYTHON)');
      const folder = mkdtempSync(join(tmpdir(), 'icconv-onnx-'));
      const classes = ['cat', 'dog', 'naïve'];
      const files: string[] = [];
      for (const [i, kind] of Object.values(KINDS).entries()) {
        const config = smallDetector(kind);
        const weights = weightsOf(config);
        files.push(join(folder, `${i}.onnx`));
        writeFileSync(files.at(-1)!, await exportDetectorOnnx(weights, config, { classes }));
        tf.dispose(weights);
      }
      const check = [
        'import json, onnx, sys',
        'for path in sys.argv[1:]:',
        '  model = onnx.load(path)',
        '  onnx.checker.check_model(model, full_check=True)',
        '  print(json.loads({entry.key: entry.value for entry in model.metadata_props}["classes"]))',
      ];
      const { status, stdout, stderr } = spawnSync(python, ['-c', check.join('\n'), ...files], { encoding: 'utf8' });
      expect(status, stderr).toBe(0);
      expect(stdout.trim().split('\n')).toEqual(files.map(() => "['cat', 'dog', 'naïve']"));
      rmSync(folder, { recursive: true });
    });
  },
  ['native'],
);

test('names of other classes than the network has are refused', async () => {
  await expect(exportDetectorOnnx({}, smallDetector({}), { classes: ['cat'] })).rejects.toThrow(
    "exportDetectorOnnx: options.classes must be the network's 3 names",
  );
});
