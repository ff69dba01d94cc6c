/** A detector in use: any picture in, plain objects in the picture's own pixels out. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pathToFileURL } from 'node:url';
import { DisposedError, ImageDecodeError } from '@icconv/base';
import type { StateDict } from '@icconv/models';
import { type RunnerOptions, writeModel } from '@icconv/task';
import { describeBackends, maxAbsError } from '@icconv/test-utils';
import { seededRandom } from '@icconv/training';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fasterRcnnConfig, initFasterRcnn, PRESETS, preparePictures } from '../../src';
import {
  createDetector,
  createRemoteDetector,
  DETECTION,
  type LocalDetector,
  saveDetectorWeights,
} from '../../src/node';
import { activate } from '../support/activate';
import { prepareImages } from '../support/prepare-images';
import { tinyConfig } from '../training/boxes-data';

const folder = mkdtempSync(join(tmpdir(), 'icconv-detector-'));
const path = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

const WIDTH = 120;
const HEIGHT = 90;
const pixels = (() => {
  const random = seededRandom('detector');
  return Uint8Array.from(
    { length: WIDTH * HEIGHT * 3 },
    (_, i) => (Math.floor(i / 3 / 10) % 2) * 120 + random.below(100),
  );
})();
const raw = () => sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });

beforeAll(async () => {
  await raw().png().toFile(path('rgb.png'));
  await raw().jpeg({ quality: 95 }).toFile(path('rgb.jpg'));
  await raw().grayscale().png().toFile(path('grey.png'));
  await raw().ensureAlpha(0.5).png().toFile(path('alpha.png'));
  await raw().toColourspace('rgb16').png().toFile(path('sixteen.png'));
  await raw().toColourspace('cmyk').jpeg().toFile(path('cmyk.jpg'));
  // Orientation 6: to be turned by a quarter when shown.
  await raw().rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toFile(path('turned.jpg'));
  await sharp({ create: { width: 1, height: 1, channels: 3, background: 'red' } })
    .png()
    .toFile(path('one.png'));
  await sharp({ create: { width: 20000, height: 12, channels: 3, background: 'red' } })
    .png()
    .toFile(path('wide.png'));
  writeFileSync(path('cut.jpg'), readFileSync(path('rgb.jpg')).subarray(0, 900));
  writeFileSync(path('text.jpg'), 'not a picture');
});

/** Random weights whose scores differ: biases push some classes over the threshold. */
function tinyDetector(): { config: ReturnType<typeof tinyConfig>; weights: StateDict } {
  const config = tinyConfig(2);
  const weights = initFasterRcnn(config, { seed: 5 });
  for (const name of Object.keys(weights).filter((one) => one.startsWith('roi_heads.box_predictor.cls_score'))) {
    const old = weights[name]!;
    weights[name] = tf.mul(old, 40);
    old.dispose();
  }
  return { config, weights };
}

async function withDetector<T>(use: (detector: LocalDetector) => Promise<T>, options: RunnerOptions = {}) {
  const { config, weights } = tinyDetector();
  const source = { config, weights, classes: ['cat', 'dog'] };
  const detector = await createDetector(source, { device: 'cpu', threads: 2, ...options });
  tf.dispose(weights);
  try {
    return await use(detector);
  } finally {
    await detector.dispose();
  }
}

describeBackends('preparation', activate, () => {
  test.each(PRESETS)('%s: the fused preparation is that of ordinary operators', (preset) => {
    const { input } = fasterRcnnConfig({ backbone: { depth: 18 }, classes: 1, preset });
    // Enlarged, where all three kinds of resampling are the same but for the rounding to 8 bits.
    const config = { ...input, minSize: 128, maxSize: 400 };
    const fused = preparePictures([{ data: pixels, width: WIDTH, height: HEIGHT }], config);
    const image = tf.tensor3d(pixels, [HEIGHT, WIDTH, 3], 'int32');
    const plain = prepareImages([image], config);
    expect(fused.sizes).toEqual(plain.sizes);
    expect(fused.images.shape).toEqual(plain.images.shape);
    const step = input.resampling === 'torch' ? 1e-4 : 0.51 / Math.min(...input.deviation);
    expect(maxAbsError(fused.images.dataSync() as Float32Array, plain.images.dataSync() as Float32Array)).toBeLessThan(
      step,
    );
    tf.dispose([image, fused.images, plain.images]);
  });
});

describeBackends(
  'createDetector',
  activate,
  () => {
    test('every kind of input gives the same, in pixels of the picture', async () => {
      await withDetector(async (detector) => {
        const bytes = readFileSync(path('rgb.png'));
        const inputs = [
          path('rgb.png'),
          bytes,
          pathToFileURL(path('rgb.png')),
          { data: pixels, width: WIDTH, height: HEIGHT },
          sharp(path('rgb.png')),
        ];
        const results = await detector.detect(inputs);
        expect(results).toHaveLength(inputs.length);
        const [first] = results;
        expect(first!.detections.length).toBeGreaterThan(3);
        for (const result of results) expect(result).toEqual(first);
        for (const { box, score, classId, label } of first!.detections) {
          const [x1, y1, x2, y2] = box;
          expect(x1 >= 0 && y1 >= 0 && x2 <= WIDTH && y2 <= HEIGHT && x1 < x2 && y1 < y2).toBe(true);
          expect(score).toBeGreaterThan(0.05);
          expect(label).toBe(['cat', 'dog'][classId]);
        }
        const scores = first!.detections.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      });
    });

    test('options: thresholds, limits, nothing found', async () => {
      await withDetector(async (detector) => {
        const all = await detector.detect(path('rgb.png'));
        const middle = all.detections[2]!.score;
        const some = await detector.detect(path('rgb.png'), { scoreThreshold: middle });
        expect(some.detections).toEqual(all.detections.filter(({ score }) => score >= middle));
        expect((await detector.detect(path('rgb.png'), { maxDetections: 1 })).detections).toEqual(
          all.detections.slice(0, 1),
        );
        expect((await detector.detect(path('rgb.png'), { scoreThreshold: 1 })).detections).toEqual([]);
        expect(await detector.detect([path('rgb.png')])).toEqual([all]);
        expect(await detector.detect([])).toEqual([]);
        for (const [name, value] of [
          ['scoreThreshold', 3],
          ['scoreThreshold', -0.1],
          ['scoreThreshold', Number.NaN],
          ['maxDetections', 0],
          ['maxDetections', 1.5],
          ['batchSize', 0],
          ['onError', 'ignore'],
        ] as const) {
          const error = await detector.detect(path('rgb.png'), { [name]: value }).catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ name: 'InvalidArgumentError', op: 'detect', parameter: name });
        }
      });
    });

    test('a picture is seen alike, alone and among others of other sizes', async () => {
      await withDetector(async (detector) => {
        const names = ['rgb.png', 'one.png', 'wide.png', 'turned.jpg', 'rgb.png'].map(path);
        const alone = [];
        for (const name of names) alone.push(await detector.detect(name));
        for (const batchSize of [1, 2, 3, 8]) expect(await detector.detect(names, { batchSize })).toEqual(alone);
        const results = alone.slice(0, 3);
        expect(results.map(({ width, height }) => [width, height])).toEqual([
          [WIDTH, HEIGHT],
          [1, 1],
          [20000, 12],
        ]);
      });
    });

    test('boxes end where the picture does', async () => {
      await withDetector(async (detector) => {
        const picture = (width: number, height: number) => {
          const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => pixels[i % pixels.length]!);
          return { data, width, height };
        };
        // Of these widths, scaling back in float32 by itself leads beyond the border.
        const results = await detector.detect([101, 103, 107, 109, 113, 119].map((width) => picture(width, 67)));
        const boxes = results.flatMap(({ width, detections }) => detections.map(({ box }) => [width, ...box] as const));
        for (const [width, x1, y1, x2, y2] of boxes) {
          expect(x1 >= 0 && y1 >= 0 && x2 <= width && y2 <= 67 && x1 <= x2 && y1 <= y2).toBe(true);
        }
        expect(boxes.some(([width, , , x2]) => x2 === width)).toBe(true);
      });
    });

    test('one unreadable picture costs the others nothing, when asked', async () => {
      await withDetector(async (detector) => {
        const good = await detector.detect(path('rgb.png'));
        const list = [path('text.jpg'), path('rgb.png'), path('none.jpg'), path('rgb.png')];
        await expect(detector.detect(list)).rejects.toThrow(ImageDecodeError);
        const results = await detector.detect(list, { onError: 'report' });
        expect(results[1]).toEqual(good);
        expect(results[3]).toEqual(good);
        expect(results[2]).toEqual({
          width: 0,
          height: 0,
          detections: [],
          error: { code: 'ICCONV_IMAGE_DECODE', message: expect.stringMatching(/none\.jpg.*no such file/) },
        });
        expect(JSON.parse(JSON.stringify(results))).toEqual(results);
      });
    });

    test('of strangers a server takes bytes only', async () => {
      const decode = { accept: ['bytes'] } as const;
      await withDetector(
        async (detector) => {
          expect((await detector.detect(readFileSync(path('rgb.png')))).width).toBe(WIDTH);
          await expect(detector.detect(path('rgb.png'))).rejects.toThrow(/paths of files are not taken here/);
          await expect(detector.detect(path('rgb.png'), { decode: { maxPixels: 1e6 } })).rejects.toThrow(/not taken/);
          expect((await detector.detect(path('rgb.png'), { decode: { accept: ['path'] } })).width).toBe(WIDTH);
        },
        { decode },
      );
    });

    test.each(['grey.png', 'alpha.png', 'sixteen.png', 'cmyk.jpg', 'turned.jpg', 'one.png', 'wide.png'])(
      '%s is read',
      async (name) => {
        await withDetector(async (detector) => {
          const result = await detector.detect(path(name));
          expect(Number.isInteger(result.width)).toBe(true);
          for (const { box, score } of result.detections) expect([...box, score].every(Number.isFinite)).toBe(true);
        });
      },
    );

    test('a picture turned by EXIF is seen upright', async () => {
      await withDetector(async (detector) => {
        const [upright, turned] = await detector.detect([path('rgb.jpg'), path('turned.jpg')]);
        expect([turned!.width, turned!.height]).toEqual([WIDTH, HEIGHT]);
        // The best box is the same but for what JPEG changes.
        expect(turned!.detections[0]!.label).toBe(upright!.detections[0]!.label);
        for (const i of [0, 1, 2, 3] as const) {
          expect(Math.abs(turned!.detections[0]!.box[i] - upright!.detections[0]!.box[i])).toBeLessThan(6);
        }
      });
    });

    test.each([
      ['cut.jpg', /cut\.jpg.*truncated|cut\.jpg.*damaged/],
      ['text.jpg', /text\.jpg.*known format/],
      ['none.jpg', /none\.jpg.*no such file/],
    ])('%s is one clear error', async (name, message) => {
      await withDetector(async (detector) => {
        const error = await detector.detect(path(name)).catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(ImageDecodeError);
        expect((error as Error).message).toMatch(message);
      });
    });

    test('ends when aborted, and after disposal says so', async () => {
      await withDetector(async (detector) => {
        const controller = new AbortController();
        const work = detector.detect(Array(50).fill(path('rgb.png')), { signal: controller.signal });
        setTimeout(() => controller.abort(), 30);
        await expect(work).rejects.toThrow(/abort/i);
        await detector.dispose();
        await expect(detector.detect(path('rgb.png'))).rejects.toThrow(DisposedError);
        await expect(detector.detect(path('rgb.png'))).rejects.toThrow('the detector has been disposed');
        tf.tidy(() => {
          const { features, rpn } = detector.network.parts;
          expect(() => features(tf.zeros([1, 32, 32, 3]))).toThrow(DisposedError);
          expect(() => rpn([tf.zeros([1, 4, 4, 16])])).toThrow(DisposedError);
        });
      });
    });

    test('from a folder, and from a checkpoint', async () => {
      const { config, weights } = tinyDetector();
      const model = path('model');
      await writeModel(DETECTION, model, { config, classes: ['cat', 'dog'] });
      await expect(createDetector({ model })).rejects.toThrow(/no weights/);
      await saveDetectorWeights(join(model, 'model.safetensors'), weights, config);
      tf.dispose(weights);
      const detector = await createDetector(model, { device: 'cpu', threads: 2 });
      const expected = await withDetector((other) => other.detect(path('rgb.png')));
      expect(await detector.detect(path('rgb.png'))).toEqual(expected);
      await detector.dispose();
      const checkpoint = { backbone: 18, weights: join(model, 'model.safetensors'), classes: ['cat', 'dog'] } as const;
      await expect(createDetector(checkpoint)).rejects.toThrow(/shape|missing|lacks/i);
      await expect(createDetector({ ...checkpoint, classes: 3 })).rejects.toThrow(
        'classes must be 2, as the weights have (the background is not counted), received 3',
      );
      await expect(createDetector({ ...checkpoint, classes: ['cat'] })).rejects.toThrow('classes must be 2');
    });

    test('in a process of its own: the same results, and this event loop stays free', async () => {
      const { config, weights } = tinyDetector();
      const file = path('remote.safetensors');
      await saveDetectorWeights(file, weights, config);
      tf.dispose(weights);
      const remote = await createRemoteDetector({ config, weights: file, classes: ['cat', 'dog'] }, { device: 'cpu' });
      try {
        expect(remote.classes).toEqual(['cat', 'dog']);
        const inputs = [path('rgb.png'), readFileSync(path('rgb.jpg')), pathToFileURL(path('grey.png')), raw()];
        const expected = await withDetector((detector) => detector.detect(inputs));
        expect(await remote.detect(inputs)).toEqual(expected);
        const error = await remote.detect(path('none.jpg')).catch((reason: unknown) => reason);
        expect(error).toMatchObject({ name: 'ImageDecodeError', code: 'ICCONV_IMAGE_DECODE' });
        const delay = monitorEventLoopDelay({ resolution: 5 });
        delay.enable();
        await remote.detect(Array(30).fill(path('rgb.png')));
        delay.disable();
        expect(delay.percentile(50) / 1e6).toBeLessThan(20);
        const controller = new AbortController();
        const work = remote.detect(Array(500).fill(path('rgb.png')), { signal: controller.signal });
        setTimeout(() => controller.abort(), 20);
        await expect(work).rejects.toThrow(/abort/i);
        expect(await remote.detect(path('rgb.png'))).toEqual(expected[0]);
        const reported = await remote.detect([path('none.jpg'), path('rgb.png')], { onError: 'report' });
        expect(reported.map(({ error }) => error?.code)).toEqual(['ICCONV_IMAGE_DECODE', undefined]);
      } finally {
        await remote.dispose();
      }
      await expect(remote.detect(path('rgb.png'))).rejects.toThrow(DisposedError);
    }, 30_000);

    test('a thousand calls leave nothing behind', async () => {
      await withDetector(async (detector) => {
        for (let i = 0; i < 50; i++) await detector.detect(path('rgb.png'));
        const [tensors, before] = [tf.memory().numTensors, process.memoryUsage().rss];
        for (let i = 0; i < 1000; i++) await detector.detect(path('rgb.png'));
        expect(tf.memory().numTensors).toBe(tensors);
        expect(process.memoryUsage().rss - before).toBeLessThan(80e6);
      });
    }, 120_000);
  },
  ['native'],
);
