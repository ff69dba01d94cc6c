/** Whole detectors against torchvision, stage by stage; fixtures by tooling/reference/make_detection.py. */
import { type ResNetConfig, resnetConfig, type StateDict } from '@icconv/models';
import { describeBackends, loadFixture, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import { hashed, initial } from '@icconv/test-utils/values';
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import type { FasterRcnnConfig } from '../../src/config/faster-rcnn-config';
import { fasterRcnnConfig } from '../../src/config/presets';
import { seededDraw } from '../../src/matching/sampler';
import { compileFasterRcnn } from '../../src/network/compile-faster-rcnn';
import { fasterRcnn, fasterRcnnLosses } from '../../src/network/faster-rcnn';
import { featurePyramid } from '../../src/network/feature-pyramid';
import { tensorParts } from '../../src/network/parts';
import { fasterRcnnShapes } from '../../src/network/shapes';
import { activate } from '../support/activate';
import { prepareImages } from '../support/prepare-images';

const IMAGES = [
  [120, 150],
  [140, 101],
] as const;
const TRUTHS = [
  {
    boxes: [
      [10, 12, 60, 70],
      [40, 30, 140, 110],
      [90, 5, 120, 40],
    ],
    classes: [0, 2, 4],
  },
  { boxes: [[5, 20, 90, 130]], classes: [1] },
];
// As in the script: what brings the outputs to the size that trained networks give.
const OUTPUT_FACTORS: Readonly<Record<string, number>> = {
  'rpn.head.cls_logits.weight': 0.03,
  'rpn.head.bbox_pred.weight': 0.02,
  'roi_heads.box_predictor.cls_score.weight': 0.06,
  'roi_heads.box_predictor.bbox_pred.weight': 0.1,
};
const SAMPLES = 512;

function value(name: string, shape: readonly number[]): Tensor {
  if (shape.length === 1 && name.endsWith('.1.weight') && /fpn|box_head/.test(name)) {
    return tf.tensor(hashed(name, shape[0]!).map((x) => Math.fround(x * 0.25) + 1));
  }
  const factor = OUTPUT_FACTORS[name];
  return factor === undefined ? initial(name, shape) : tf.mul(initial(name, shape), factor);
}

function configOf(preset: 'torchvision' | 'torchvision-v2', backbone: ResNetConfig): FasterRcnnConfig {
  const base = fasterRcnnConfig({ backbone, classes: 5, preset });
  const limits = { preNmsTopN: 1e5, postNmsTopN: 300 };
  const everything = { perImage: 1e6, foregroundShare: 1 };
  return {
    ...base,
    input: { ...base.input, minSize: 128, maxSize: 220 },
    rpn: {
      ...base.rpn,
      test: { ...base.rpn.test, ...limits },
      train: { ...base.rpn.train, ...limits },
      sampler: everything,
    },
    roi: { ...base.roi, sampler: everything },
  };
}

const images = () =>
  IMAGES.map(
    ([height, width], i) =>
      tf.tensor3d(
        hashed(`image/${i}`, height * width * 3).map((x) => Math.fround((x + 1) / 2) * 255),
        [height, width, 3],
      ) as Tensor3D,
  );

/** Evenly spread elements, as the script stores them. */
function sampled(tensor: Tensor): Float32Array {
  const flat = tensor.dataSync() as Float32Array;
  const count = Math.min(SAMPLES, flat.length);
  return Float32Array.from(
    { length: count },
    (_, i) => flat[Math.floor((i * (flat.length - 1)) / Math.max(1, count - 1))]!,
  );
}

describe.each(['torchvision', 'torchvision-v2'] as const)('%s', (preset) => {
  const fixture = loadFixture(new URL(`./fixtures/${preset}.safetensors`, import.meta.url));
  const expected = (name: string) => fixture[name]!.data as Float32Array;
  const config = configOf(preset, resnetConfig(50));

  describeBackends(
    'fasterrcnn_resnet50_fpn',
    activate,
    () => {
      const makeWeights = (): StateDict =>
        Object.fromEntries(Object.entries(fasterRcnnShapes(config)).map(([name, shape]) => [name, value(name, shape)]));

      it('input, features and RPN outputs', () => {
        tf.tidy(() => {
          const batch = prepareImages(images(), config.input);
          expect(batch.images.shape).toEqual(Array.from(expected('batch.shape')));
          expect(batch.sizes.flat()).toEqual(Array.from(expected('batch.sizes')));
          expect(maxRelativeError(sampled(batch.images), expected('batch'))).toBeLessThan(1e-5);
          const weights = makeWeights();
          const { features } = featurePyramid(weights, batch.images, config, false);
          const { logits, deltas } = tensorParts('test', weights, config).rpn(features);
          for (let level = 0; level < 5; level++) {
            expect(maxRelativeError(sampled(features[level]!), expected(`features.${level}`))).toBeLessThan(1e-4);
            expect(maxRelativeError(sampled(logits[level]!), expected(`rpn.logits.${level}`))).toBeLessThan(1e-4);
            expect(maxRelativeError(sampled(deltas[level]!), expected(`rpn.deltas.${level}`))).toBeLessThan(1e-4);
          }
        });
      });

      it.each(['plain', 'compiled'])(
        'detections of the %s network: boxes within 0.05 px, scores within 1e-4',
        (kind) => {
          tf.tidy(() => {
            const batch = prepareImages(images(), config.input);
            const weights = makeWeights();
            const compiled = kind === 'compiled' ? compileFasterRcnn(weights, config) : undefined;
            const detections = compiled
              ? compiled.detect(batch.images, batch.sizes)
              : fasterRcnn(weights, batch.images, batch.sizes, config);
            compiled?.dispose();
            detections.forEach(({ boxes, scores, classes }, i) => {
              const [height, width] = batch.originals[i]!;
              const [h, w] = batch.sizes[i]!;
              const scaled = tf.mul(boxes, [[width / w, height / h, width / w, height / h]]);
              expect(Array.from(classes.dataSync(), (category) => category + 1)).toEqual(
                Array.from(expected(`detections.${i}.labels`)),
              );
              expect(maxAbsError(scaled.dataSync(), expected(`detections.${i}.boxes`))).toBeLessThan(0.05);
              expect(maxAbsError(scores.dataSync(), expected(`detections.${i}.scores`))).toBeLessThan(1e-4);
            });
          });
        },
      );

      it('losses within 1e-4 and gradients within 1e-3', () => {
        tf.tidy(() => {
          const weights = makeWeights();
          const batch = prepareImages(images(), config.input);
          const truths = TRUTHS.map(({ boxes, classes }, i) => {
            const [height, width] = batch.originals[i]!;
            const [h, w] = batch.sizes[i]!;
            const scaled = tf.mul(tf.tensor2d(boxes), [[w / width, h / height, w / width, h / height]]) as Tensor2D;
            return { boxes: scaled, classes: Int32Array.from(classes) };
          });
          const names = Object.keys(fixture)
            .filter((name) => name.startsWith('gradient.'))
            .map((name) => name.slice('gradient.'.length));
          let losses: number[] = [];
          const gradients = tf.grads((...values: Tensor[]) => {
            const own = { ...weights, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) };
            const result = fasterRcnnLosses(
              own,
              batch.images as Tensor4D,
              batch.sizes,
              truths,
              config,
              seededDraw(() => 0),
            );
            const { objectness, rpnBox, classification, box } = result.losses;
            const stacked = tf.stack([objectness, rpnBox, classification, box]);
            losses = Array.from(stacked.dataSync());
            return tf.sum(stacked);
          })(names.map((name) => weights[name]!));
          expect(maxRelativeError(losses, expected('losses'))).toBeLessThan(1e-4);
          names.forEach((name, i) => {
            expect(maxRelativeError(sampled(gradients[i]!), expected(`gradient.${name}`)), name).toBeLessThan(1e-3);
          });
        });
      });
    },
    ['native'],
  );
});
