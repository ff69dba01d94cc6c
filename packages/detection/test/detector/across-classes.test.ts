import { describeBackends } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { selectDetections } from '../../src';
import { activate } from '../support/activate';

const CONFIG = {
  scoreThreshold: 0.05,
  nmsThreshold: 0.5,
  maxDetections: 10,
  minSize: 0,
  coderWeights: [10, 10, 5, 5],
  background: 'last',
} as const;

/** Two proposals that overlap by 0.8, and one apart; two classes: the first is a cat and perhaps a dog, the second a dog, the third a cat. */
function detections(acrossClasses: boolean) {
  return tf.tidy(() => {
    const logits = tf.log(
      tf.tensor2d([
        [0.6, 0.3, 0.1],
        [0.1, 0.5, 0.4],
        [0.4, 0.01, 0.59],
      ]),
    ) as tf.Tensor2D;
    const proposals = tf.tensor2d([
      [10, 10, 60, 50],
      [10, 10, 50, 50],
      [70, 10, 90, 50],
    ]);
    const found = selectDetections(logits, tf.zeros([3, 8]), proposals, [60, 100], { ...CONFIG, acrossClasses });
    return {
      classes: [...found.classes.dataSync()],
      scores: [...found.scores.dataSync()],
      boxes: found.boxes.arraySync(),
    };
  });
}

describeBackends('acrossClasses', activate, () => {
  test('without it an object is found once for each class', () => {
    const { classes, scores } = detections(false);
    expect(classes).toEqual([0, 1, 0]);
    expect(scores[1]).toBeCloseTo(0.5, 5);
  });

  test('with it once, as what it most likely is; what lies apart stays', () => {
    const { classes, scores, boxes } = detections(true);
    expect(classes).toEqual([0, 0]);
    expect(scores[0]).toBeCloseTo(0.6, 5);
    expect(scores[1]).toBeCloseTo(0.4, 5);
    expect(boxes.map((box) => box.map(Math.round))).toEqual([
      [10, 10, 60, 50],
      [70, 10, 90, 50],
    ]);
  });
});
