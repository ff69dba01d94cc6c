/** The parts of Faster R-CNN against torchvision's classes; fixtures by tooling/reference/make_detection_parts.py. */
import { describeBackends, loadFixture, maxAbsError, maxRelativeError } from '@icconv/test-utils';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { generateAnchors } from '../../src/anchors/anchor-generator';
import { pairwiseIou } from '../../src/boxes/box-ops';
import { BACKGROUND, BETWEEN, matchBoxes } from '../../src/matching/matcher';
import { seededDraw } from '../../src/matching/sampler';
import { assignLevels } from '../../src/roi-heads/assign-levels';
import { boxHeadLoss } from '../../src/roi-heads/box-loss';
import { sampleProposals } from '../../src/roi-heads/sample-proposals';
import { selectDetections } from '../../src/roi-heads/select-detections';
import { selectProposals } from '../../src/rpn/proposals';
import { rpnLoss } from '../../src/rpn/rpn-loss';
import { activate } from '../support/activate';

const fixture = loadFixture(new URL('./fixtures/parts.safetensors', import.meta.url));
const get = <T extends tf.Tensor = Tensor2D>(name: string): T => {
  const { shape, dtype, data } = fixture[name]!;
  return tf.tensor(data as Float32Array, shape, dtype === 'I32' ? 'int32' : 'float32') as T;
};
const expected = (name: string) => fixture[name]!.data as Float32Array;

const IMAGE_SIZES = [
  [180, 256],
  [192, 200],
] as const;
const STRIDES = [4, 8, 16, 32, 64];
const MAPS = STRIDES.map((stride) => [Math.ceil(192 / stride), Math.ceil(256 / stride)] as const);
const CODER = [10, 10, 5, 5] as const;
// Every candidate is taken, as in the fixtures.
const ALL = { perImage: 1e6, foregroundShare: 1 };
const draw = seededDraw(() => 0);

const anchorLevels = () =>
  generateAnchors(
    { sizes: [[32], [64], [128], [256], [512]], ratios: [0.5, 1, 2], rounded: true },
    MAPS,
    STRIDES.map((stride) => [stride, stride] as const),
  );

/** Runs, reads the results and disposes of everything. */
async function results(body: () => tf.Tensor[]) {
  const tensors = tf.tidy(body);
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose(tensors);
  return values as Float32Array[];
}

describeBackends('torchvision parts', activate, () => {
  it('anchors', async () => {
    const [anchors] = await results(() => [tf.concat(anchorLevels())]);
    expect(maxAbsError(anchors!, expected('anchors'))).toBe(0);
  });

  it.each([0, 1])('proposals of image %i', async (image) => {
    const [boxes, scores] = await results(() => {
      const anchors = anchorLevels();
      const counts = anchors.map((level) => level.shape[0]);
      const logits = tf.split(tf.gather(get('logits'), image), counts) as Tensor1D[];
      const deltas = tf.split(tf.gather(get<Tensor3D>('deltas'), image), counts) as Tensor2D[];
      const config = { preNmsTopN: 200, postNmsTopN: 100, nmsThreshold: 0.7, minSize: 1e-3 };
      const proposals = selectProposals(logits, deltas, anchors, IMAGE_SIZES[image]!, config);
      return [proposals.boxes, proposals.scores];
    });
    expect(maxAbsError(boxes!, expected(`proposals.${image}.boxes`))).toBeLessThan(1e-3);
    expect(maxAbsError(scores!, expected(`proposals.${image}.scores`))).toBeLessThan(1e-6);
  });

  it('matches of the anchors', async () => {
    const [matches] = await results(() => [
      matchBoxes(pairwiseIou(get('truths.0'), tf.concat(anchorLevels())), {
        foreground: 0.7,
        background: 0.3,
        allowLowQuality: true,
      }),
    ]);
    const labels = Array.from(matches!, (match) => (match === BACKGROUND ? 0 : match === BETWEEN ? -1 : 1));
    expect(labels).toEqual(Array.from(expected('rpn.labels.0')));
  });

  it.each([0, 1])('detections of image %i', async (image) => {
    const [boxes, scores, classes] = await results(() => {
      const before = image === 0 ? 0 : fixture['proposals.0.scores']!.shape[0]!;
      const count = fixture[`proposals.${image}.scores`]!.shape[0]!;
      const detections = selectDetections(
        tf.slice(get('class_logits'), [before, 0], [count, 6]),
        tf.slice(get('box_deltas'), [before, 0], [count, 24]),
        get(`proposals.${image}.boxes`),
        IMAGE_SIZES[image]!,
        {
          scoreThreshold: 0.05,
          nmsThreshold: 0.5,
          maxDetections: 50,
          minSize: 1e-2,
          coderWeights: CODER,
          background: 'first',
        },
      );
      return [detections.boxes, detections.scores, detections.classes];
    });
    expect(maxAbsError(boxes!, expected(`detections.${image}.boxes`))).toBeLessThan(1e-3);
    expect(maxAbsError(scores!, expected(`detections.${image}.scores`))).toBeLessThan(1e-5);
    expect(Array.from(classes!, (category) => category + 1)).toEqual(
      Array.from(expected(`detections.${image}.labels`)),
    );
  });

  it('pyramid levels', async () => {
    const rule = { canonicalSize: 224, canonicalLevel: 2, levels: 4, epsilon: 1e-6 };
    const [levels] = await results(() => [assignLevels(get('levels.boxes'), rule)]);
    expect(Array.from(levels!)).toEqual(Array.from(expected('levels')));
  });
});

// TensorFlow.js' other backends lack kernels of the gradients (UnsortedSegmentSum).
describeBackends(
  'torchvision losses',
  activate,
  () => {
    it('losses of the region proposal network and their gradients', async () => {
      const [loss, gradLogits, gradDeltas] = await results(() => {
        const anchors = tf.concat(anchorLevels()) as Tensor2D;
        const losses = (logits: Tensor2D, deltas: Tensor3D) => {
          const config = {
            matcher: { foreground: 0.7, background: 0.3, allowLowQuality: true },
            sampler: ALL,
            smoothL1Beta: 1 / 9,
          };
          const { objectness, box } = rpnLoss(
            logits,
            deltas,
            anchors,
            [get('truths.0'), tf.zeros([0, 4])],
            config,
            draw,
          );
          return tf.stack([objectness, box]);
        };
        const logits = get('logits');
        const deltas = get<Tensor3D>('deltas');
        const [a, b] = tf.grads((x, y) => tf.sum(losses(x as Tensor2D, y as Tensor3D)))([logits, deltas]) as [
          Tensor2D,
          Tensor3D,
        ];
        const rows = Array.from({ length: Math.ceil(b.shape[1] / 7) }, (_, i) => 7 * i);
        return [losses(logits, deltas), a, tf.gather(b, rows, 1)];
      });
      expect(maxRelativeError(loss!, expected('rpn.loss'))).toBeLessThan(1e-4);
      expect(maxRelativeError(gradLogits!, expected('rpn.grad_logits'))).toBeLessThan(1e-3);
      expect(maxRelativeError(gradDeltas!, expected('rpn.grad_deltas'))).toBeLessThan(1e-3);
    });

    it('losses of the box head and their gradients', async () => {
      const order: number[] = [];
      const [boxes, loss, gradLogits, gradDeltas] = await results(() => {
        const samples = [0, 1].map((image) =>
          sampleProposals(
            get(`proposals.${image}.boxes`),
            image === 0
              ? { boxes: get('truths.0'), classes: Int32Array.from([0, 1, 2, 3, 4, 0]) }
              : { boxes: tf.zeros([0, 4]) as Tensor2D, classes: new Int32Array() },
            {
              matcher: { foreground: 0.5, background: 0.5, allowLowQuality: false },
              sampler: ALL,
              coderWeights: CODER,
            },
            draw,
          ),
        );
        // The reference keeps the order of the candidates; ours puts foreground first. Its rows are reordered to ours.
        const labels = expected('roi.labels');
        const counts = samples.map((sample) => sample.classes.length);
        let start = 0;
        for (const count of counts) {
          const rows = Array.from({ length: count }, (_, i) => start + i);
          order.push(...rows.filter((row) => labels[row]! > 0), ...rows.filter((row) => labels[row] === 0));
          start += count;
        }
        const index = tf.tensor1d(order, 'int32');
        const losses = (logits: Tensor2D, deltas: Tensor2D) => {
          const config = {
            background: 'first',
            boxLoss: 'smoothL1',
            smoothL1Beta: 1 / 9,
            coderWeights: CODER,
          } as const;
          const { classification, box } = boxHeadLoss(
            tf.gather(logits, index),
            tf.gather(deltas, index),
            samples,
            config,
          );
          return tf.stack([classification, box]);
        };
        const logits = get('roi.logits');
        const deltas = get('roi.deltas');
        const [a, b] = tf.grads((x, y) => tf.sum(losses(x as Tensor2D, y as Tensor2D)))([logits, deltas]);
        return [tf.concat(samples.map((sample) => sample.boxes)), losses(logits, deltas), a!, b!];
      });
      const reference = expected('roi.boxes');
      const reordered = order.flatMap((row) => Array.from(reference.subarray(4 * row, 4 * row + 4)));
      expect(maxAbsError(boxes!, reordered)).toBeLessThan(1e-4);
      expect(maxRelativeError(loss!, expected('roi.loss'))).toBeLessThan(1e-4);
      expect(maxRelativeError(gradLogits!, expected('roi.grad_logits'))).toBeLessThan(1e-3);
      expect(maxRelativeError(gradDeltas!, expected('roi.grad_deltas'))).toBeLessThan(1e-3);
    });
  },
  ['native'],
);
