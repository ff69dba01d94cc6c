/**
 * Every way to a detector of torchvision's COCO_V1 kind gives torchvision's detections and pycocotools' metric of them; fixtures by
 * tooling/reference/make_detector_coco.py. `ICCONV_COCO_PICTURES=30` takes all of its pictures.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FasterRcnnConfig, fasterRcnnConfig, fasterRcnnShapes } from '@icconv/detection';
import {
  createDetector,
  DETECTION,
  type DetectionResult,
  type Detector,
  loadDetectorWeights,
  saveDetectorWeights,
} from '@icconv/detection/node';
import { resnetConfig } from '@icconv/models';
import { exportOnnx } from '@icconv/models/onnx';
import { writeModel } from '@icconv/task';
import { useEngine } from '@icconv/tensor-ops/engine';
import { loadFixture, testData } from '@icconv/test-utils';
import { initial } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createProgram } from '../program';

const fixtures = new URL('../../../detection/test/golden/fixtures/', import.meta.url);
const golden = JSON.parse(readFileSync(new URL('detector-coco.json', fixtures), 'utf8')) as {
  readonly stats: Readonly<Record<string, readonly number[]>>;
  readonly dataset: { readonly images: readonly { readonly id: number; readonly file_name: string }[] };
};
const count = Number(process.env.ICCONV_COCO_PICTURES ?? 4);
const MINUTES = 60_000;

const FACTORS: Readonly<Record<string, number>> = {
  'rpn.head.cls_logits.weight': 0.03,
  'rpn.head.bbox_pred.weight': 0.02,
  'roi_heads.box_predictor.cls_score.weight': 0.3,
  'roi_heads.box_predictor.bbox_pred.weight': 0.1,
};

/** As in the script. */
function value(name: string, shape: readonly number[]): tf.Tensor {
  const norm = shape.length === 1 && name.endsWith('.weight');
  const factor = name.endsWith('running_var') ? 1e-4 : norm ? 1e-2 : FACTORS[name];
  return tf.tidy(() => (factor === undefined ? initial(name, shape) : tf.mul(initial(name, shape), factor)));
}

const images = testData('coco-mini', 'images');
const folder = mkdtempSync(join(tmpdir(), 'icconv-detector-coco-'));
const path = (...names: string[]) => join(folder, ...names);
const published = path('fasterrcnn_resnet50_fpn_coco-258fb6c6.pth');
const printed: string[] = [];

afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(images === undefined)('a detector whose batch norms have no epsilon', () => {
  let config: FasterRcnnConfig;
  /** The published file, and what is found with it. */
  let detector: Detector;
  const found: DetectionResult[] = [];

  beforeAll(async () => {
    await useEngine({ device: 'cpu' });
    config = fasterRcnnConfig({ backbone: resnetConfig(50, { batchNormEpsilon: 0 }), classes: 90 });
    const shapes = Object.entries(fasterRcnnShapes(config));
    const weights = Object.fromEntries(shapes.map(([name, shape]) => [name, value(name, shape)]));
    await saveDetectorWeights(published, weights, config);
    await saveDetectorWeights(path('model', 'model.safetensors'), weights, config);
    tf.dispose(weights);
    detector = await createDetector(published);
    const classes = Array.from({ length: 90 }, (_, i) => `class ${i + 1}`);
    await writeModel(DETECTION, path('model'), { config, classes });
    mkdirSync(path('annotations'));
    writeFileSync(path('annotations', 'instances_val2017.json'), JSON.stringify(golden.dataset));
    symlinkSync(images!, path('val2017'));
  }, 5 * MINUTES);

  afterAll(() => detector?.dispose());
  beforeEach(() => {
    printed.length = 0;
    vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
  });

  const run = async (...args: string[]) =>
    (await createProgram({ signal: new AbortController().signal }, args)).parseAsync(args, { from: 'user' });
  const expectGolden = (stats: Readonly<Record<string, number>>) => {
    const expected = golden.stats[count]!;
    for (const [i, [name, measured]] of Object.entries(stats).entries()) {
      expect(Math.abs(measured - expected[i]!), name).toBeLessThan(1e-6);
    }
    expect(Object.keys(stats)).toHaveLength(expected.length);
  };

  test(
    'createDetector knows the published file, and finds what torchvision finds',
    async () => {
      const described = await createDetector({ backbone: 50, weights: published, classes: 90 });
      expect(described.model.config).toEqual(detector.model.config);
      await described.dispose();
      expect(detector.model.config).toEqual(config);
      const stored = loadFixture(new URL('detector-coco.safetensors', fixtures));
      let [compared, far] = [0, 0];
      for (const { id, file_name } of golden.dataset.images.slice(0, count)) {
        const result = await detector.detect(join(images!, file_name));
        found.push(result);
        const values = (part: string) => stored[`${id}.${part}`]!.data as Float32Array;
        const [boxes, scores, labels] = ['boxes', 'scores', 'labels'].map(values) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        expect(result.detections).toHaveLength(scores.length);
        // Scores that differ by rounding may change places.
        for (const { box, score, classId } of result.detections) {
          const same = Array.from(scores.keys()).some(
            (i) =>
              labels[i] === classId + 1 &&
              Math.abs(scores[i]! - score) < 1e-4 &&
              box.every((edge, side) => Math.abs(edge - boxes[4 * i + side]!) < 0.05),
          );
          compared++;
          if (!same) far++;
        }
      }
      // At the cut after 100 one of two near-equal ones is kept.
      expect(far / compared).toBeLessThan(0.01);
    },
    20 * MINUTES,
  );

  test(
    'icconv convert: the converted file is the same detector',
    async () => {
      const converted = path('converted.safetensors');
      await run('convert', published, converted, '--json');
      const after = await createDetector({ backbone: 50, weights: converted });
      expect(after.model.config).toEqual(config);
      const { detections } = await after.detect(join(images!, golden.dataset.images[0]!.file_name));
      const withoutLabels = (all: DetectionResult['detections']) => all.map(({ label: _, ...rest }) => rest);
      expect(withoutLabels(detections)).toEqual(withoutLabels(found[0]!.detections));
      await after.dispose();
    },
    5 * MINUTES,
  );

  test(
    'icconv export onnx: its backbone has no epsilon either',
    async () => {
      const output = path('backbone.onnx');
      const flags = [
        '--depth',
        '50',
        '--prefix',
        'backbone.body.',
        '--outputs',
        'c2',
        '--batch-norm',
        'keep',
        '--json',
      ];
      await run('export', 'onnx', published, output, ...flags);
      expect(JSON.parse(printed.join('\n')).config).toEqual(config.backbone);
      const all = await loadDetectorWeights(published, config);
      const weights = Object.fromEntries(
        Object.entries(all).map(([name, tensor]) => [name.replace(/^backbone\.body\./, ''), tensor]),
      );
      const options = { returns: ['c2'], batchNorm: 'keep' } as const;
      const [own, usual] = await Promise.all([
        exportOnnx(weights, config.backbone, options),
        exportOnnx(weights, { ...config.backbone, batchNormEpsilon: 1e-5 }, options),
      ]);
      tf.dispose(all);
      expect(readFileSync(output).equals(own)).toBe(true);
      expect(usual.length === own.length && readFileSync(output).equals(usual)).toBe(false);
    },
    MINUTES,
  );

  test(
    'icconv eval',
    async () => {
      const data = ['--annotations', path('annotations', 'instances_val2017.json'), '--images', images!];
      const limit = ['--limit', String(count), '--out', path('evaluated.json')];
      await run('eval', 'detection', '--model', path('model'), ...data, ...limit, '--json');
      expectGolden(JSON.parse(printed.join('\n')).stats);
    },
    20 * MINUTES,
  );

  test(
    'icconv reproduce finds the same',
    async () => {
      const model = ['--model', 'torchvision/fasterrcnn-resnet50-fpn', '--weights', published];
      const out = path('reproduced.json');
      await run('reproduce', 'detection', '--coco', folder, ...model, '--limit', '1', '--out', out, '--json');
      const [evaluated, reproduced] = [path('evaluated.json'), out].map(
        (file) => JSON.parse(readFileSync(file, 'utf8')) as { readonly image_id: number }[],
      );
      const first = golden.dataset.images[0]!.id;
      expect(reproduced).toEqual(evaluated!.filter(({ image_id }) => image_id === first));
      expect(reproduced!.length).toBeGreaterThan(0);
    },
    20 * MINUTES,
  );
});
