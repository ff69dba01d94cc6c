/** The second stage of a Cascade Mask R-CNN against mmdetection's definition; fixture by tooling/reference/make_cascade_rcnn.py. */
import { runSteps } from '@icconv/tensor-ops';
import { describeBackends, loadFixture, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import { hashed, initial } from '@icconv/test-utils/values';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import type { FasterRcnnConfig } from '../../src/config/faster-rcnn-config';
import { fasterRcnnConfig } from '../../src/config/presets';
import { seededDraw } from '../../src/matching/sampler';
import { tensorParts } from '../../src/network/parts';
import { detectInProposals, secondStageLosses } from '../../src/network/second-stage';
import { headShapes } from '../../src/network/shapes';
import { activate } from '../support/activate';
import { runLengths } from '../support/run-lengths';

const fixture = loadFixture(new URL('./fixtures/cascade.safetensors', import.meta.url));
const expected = (name: string) => fixture[name]!.data as Float32Array;

const SIZES = [
  [120, 160],
  [128, 140],
] as const;
const FACTORS = { cls_score: 0.6, bbox_pred: 0.4, mask_fcn_logits: 0.5 };

function config(average: 'logits' | 'probabilities'): FasterRcnnConfig {
  const backbone = { block: 'basic', blocks: [1, 1, 1, 1], width: 8 } as const;
  const base = fasterRcnnConfig({ backbone, classes: 5, preset: 'mmdetection', masks: true, cascade: true });
  const { roi } = base;
  return {
    ...base,
    fpnChannels: 16,
    roi: {
      ...roi,
      hidden: 32,
      sampler: { perImage: 1e6, foregroundShare: 1 },
      test: { ...roi.test, maxDetections: 20 },
      cascade: { ...roi.cascade!, average },
    },
    mask: { ...base.mask!, convs: 2, hidden: 32 },
  };
}

function makeWeights(of: FasterRcnnConfig): Record<string, Tensor> {
  const shapes = Object.entries(headShapes(of)).filter(([name]) => name.startsWith('roi_heads.'));
  return Object.fromEntries(
    shapes.map(([name, shape]) => {
      const factor = Object.entries(FACTORS).find(([part]) => name.endsWith(`${part}.weight`))?.[1];
      return [name, factor === undefined ? initial(name, shape) : tf.mul(initial(name, shape), factor)];
    }),
  );
}

function inputs() {
  const features = [0, 1, 2, 3].map((level) => {
    const side = 2 ** (level + 2);
    const shape: [number, number, number, number] = [2, 128 / side, 160 / side, 16];
    return tf.tensor4d(hashed(`features/${level}`, 2 * shape[1] * shape[2] * 16), shape);
  });
  const proposals = SIZES.map((_, i) =>
    tf.tensor2d(expected(`${i}.proposals`), [expected(`${i}.proposals`).length / 4, 4]),
  );
  return { from: { features, images: tf.zeros<tf.Rank.R4>([2, 128, 160, 3]), sizes: SIZES }, proposals };
}

const everyNth = (values: ArrayLike<number>, n: number) => Array.from(values).filter((_, i) => i % n === 0);

describeBackends(
  'Cascade Mask R-CNN',
  activate,
  () => {
    it.each(['logits', 'probabilities'] as const)('detections and masks with averaged %s', (average) => {
      tf.tidy(() => {
        const of = config(average);
        const { from, proposals } = inputs();
        const detections = runSteps(detectInProposals(tensorParts('test', makeWeights(of), of), from, proposals, of));
        detections.forEach(({ boxes, scores, classes }, i) => {
          expect([...classes.dataSync()]).toEqual([...expected(`${average}.${i}.labels`)]);
          expect(maxAbsError(boxes.dataSync(), expected(`${average}.${i}.boxes`))).toBeLessThan(0.01);
          expect(maxAbsError(scores.dataSync(), expected(`${average}.${i}.scores`))).toBeLessThan(1e-4);
        });
        const masks = tf.concat(detections.map((one) => one.masks!)).dataSync();
        expect(maxAbsError(everyNth(masks, 37), expected(`${average}.masks`))).toBeLessThan(1e-4);
      });
    });

    it('losses within 1e-4 and gradients within 1e-3', () => {
      tf.tidy(() => {
        const of = config('logits');
        const weights = makeWeights(of);
        const { from, proposals } = inputs();
        const truths = SIZES.map((_, i) => ({
          boxes: tf.tensor2d(expected(`${i}.truths`), [expected(`${i}.truths`).length / 4, 4]) as Tensor2D,
          classes: fixture[`${i}.classes`]!.data as Int32Array,
          masks: runLengths(fixture, `${i}.`),
        }));
        const names = Object.keys(fixture).flatMap((key) => /^gradient\.(roi.*)$/.exec(key)?.[1] ?? []);
        let losses: number[] = [];
        const [ofFeatures, ...gradients] = tf.grads((feature: Tensor, ...values: Tensor[]) => {
          const own = { ...weights, ...Object.fromEntries(names.map((key, i) => [key, values[i]!])) };
          const features = from.features.map((map, level) => (level === 0 ? (feature as Tensor4D) : map));
          const parts = tensorParts('test', own, of);
          const draw = seededDraw(() => 0);
          const result = secondStageLosses(parts, { ...from, features }, proposals, truths, of, draw);
          const stacked = tf.stack([result.classification, result.box, result.mask!]);
          losses = Array.from(stacked.dataSync());
          return tf.sum(stacked);
        })([from.features[0]!, ...names.map((key) => weights[key]!)]);
        expect(maxRelativeError(losses, expected('losses'))).toBeLessThan(1e-4);
        expect(maxRelativeError(everyNth(ofFeatures!.dataSync(), 29), expected('gradient.features'))).toBeLessThan(
          1e-3,
        );
        expect(names).toHaveLength(8);
        names.forEach((key, i) => {
          const gradient = everyNth(gradients[i]!.dataSync(), 7);
          expect(maxRelativeError(gradient, expected(`gradient.${key}`)), key).toBeLessThan(1e-3);
        });
      });
    });
  },
  ['native'],
);
