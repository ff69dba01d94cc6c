import { resnetConfig } from '@icconv/models';
import { describeBackends } from '@icconv/test-utils';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { fasterRcnnConfig } from '../../src/config/presets';
import { seededDraw } from '../../src/matching/sampler';
import { fasterRcnnShapes, initFasterRcnn } from '../../src/network/shapes';
import { detectionStep } from '../../src/training/detection-step';
import { activate } from '../support/activate';

const torchvision = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3 });
const config = { ...torchvision, fpnChannels: 16, roi: { ...torchvision.roi, hidden: 32 } };
const trainable = (name: string) => !/running_/.test(name);

function step(truths: { boxes: number[][]; classes: number[] }[], classes = 3, base = config) {
  const own = { ...base, classes };
  const weights = initFasterRcnn(own, { seed: 1 });
  const batch = {
    images: tf.randomNormal([truths.length, 96, 96, 3], 0, 1, 'float32', 7) as Tensor4D,
    sizes: truths.map(() => [96, 96] as const),
    truths: truths.map(({ boxes, classes: labels }) => ({
      boxes: tf.tensor2d(boxes.flat(), [boxes.length, 4]) as Tensor2D,
      classes: Int32Array.from(labels),
    })),
  };
  const result = detectionStep(weights, batch, own, { draw: seededDraw(() => 0.5), trainable, batchNorm: true });
  tf.dispose([weights, batch.images, batch.truths.map(({ boxes }) => boxes)]);
  return result;
}

function finite({ losses, gradients }: ReturnType<typeof step>): boolean {
  const gradientsFinite = Object.values(gradients).every((tensor) => {
    const sum = tf.tidy(() => tf.sum(tf.abs(tensor)).dataSync()[0]!);
    return Number.isFinite(sum);
  });
  return gradientsFinite && Object.values(losses).every(Number.isFinite);
}

const empty = { boxes: [], classes: [] };
const one = { boxes: [[10, 10, 60, 70]], classes: [2] };

describeBackends(
  'detectionStep',
  activate,
  () => {
    it.each([
      ['no object in the batch', [empty]],
      ['an image without objects beside one with', [empty, one]],
      [
        'objects in every image',
        [
          one,
          {
            boxes: [
              [0, 0, 96, 96],
              [5, 5, 9, 9],
            ],
            classes: [0, 1],
          },
        ],
      ],
    ])('%s: losses and gradients are finite', (_, truths) => {
      const result = step(truths);
      expect(finite(result)).toBe(true);
      const { total, ...parts } = result.losses;
      expect(total).toBeCloseTo(
        Object.values(parts).reduce((a, b) => a + b),
        5,
      );
      expect(Object.keys(result.statistics).length).toBeGreaterThan(0);
      tf.dispose([result.gradients, result.statistics]);
    });

    it("norms of the box head take the batch's statistics, as those of backbone and pyramid do", () => {
      const v2 = fasterRcnnConfig({ backbone: resnetConfig(18), classes: 3, preset: 'torchvision-v2' });
      const own = { ...config, fpnNorm: v2.fpnNorm, rpn: v2.rpn, roi: { ...v2.roi, hidden: 32 } };
      const { gradients, statistics } = step([one], 3, own);
      const shapes = Object.keys(fasterRcnnShapes(own));
      expect(Object.keys(statistics).sort()).toEqual(shapes.filter((name) => /running_/.test(name)).sort());
      expect(Object.keys(gradients).sort()).toEqual(shapes.filter(trainable).sort());
      tf.dispose([gradients, statistics]);
    });

    it('a data set of one class', () => {
      const result = step([{ ...one, classes: [0] }], 1);
      expect(finite(result)).toBe(true);
      tf.dispose([result.gradients, result.statistics]);
    });

    it('without objects the box losses are 0 and classification still learns background', () => {
      const result = step([empty]);
      expect(result.losses.rpnBox).toBe(0);
      expect(result.losses.box).toBe(0);
      expect(result.losses.classification).toBeGreaterThan(0);
      tf.dispose([result.gradients, result.statistics]);
    });
  },
  ['native'],
);
