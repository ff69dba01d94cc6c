/** The images, boxes and seeded weights of tooling/reference/make_detection.py, which make_mask_rcnn.py takes too, and a network small enough for them. */
import type { StateDict } from '@icconv/models';
import { hashed, initial } from '@icconv/test-utils/values';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../../src/config/faster-rcnn-config';
import { fasterRcnnShapes } from '../../src/network/shapes';

const IMAGES = [
  [120, 150],
  [140, 101],
] as const;
export const TRUTHS = [
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
// As in the scripts: what brings the outputs to the size that trained networks give.
const OUTPUT_FACTORS: Readonly<Record<string, number>> = {
  'rpn.head.cls_logits.weight': 0.03,
  'rpn.head.bbox_pred.weight': 0.02,
  'roi_heads.box_predictor.cls_score.weight': 0.06,
  'roi_heads.box_predictor.bbox_pred.weight': 0.1,
  'roi_heads.mask_predictor.mask_fcn_logits.weight': 0.5,
};
const SAMPLES = 512;

function value(name: string, shape: readonly number[]): Tensor {
  if (shape.length === 1 && name.endsWith('.1.weight') && /fpn|box_head|mask_head/.test(name)) {
    return tf.tensor(hashed(name, shape[0]!).map((x) => Math.fround(x * 0.25) + 1));
  }
  const factor = OUTPUT_FACTORS[name];
  return factor === undefined ? initial(name, shape) : tf.mul(initial(name, shape), factor);
}

export const seededWeights = (config: FasterRcnnConfig): StateDict =>
  Object.fromEntries(Object.entries(fasterRcnnShapes(config)).map(([name, shape]) => [name, value(name, shape)]));

/** Every anchor and proposal is learned from, so that no chance is involved; pictures are small. */
export function withoutChance(base: FasterRcnnConfig): FasterRcnnConfig {
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

export const images = (): Tensor3D[] =>
  IMAGES.map(
    ([height, width], i) =>
      tf.tensor3d(
        hashed(`image/${i}`, height * width * 3).map((x) => Math.fround((x + 1) / 2) * 255),
        [height, width, 3],
      ) as Tensor3D,
  );

/** Evenly spread elements, as the scripts store them. */
export function spread(flat: Float32Array): Float32Array {
  const count = Math.min(SAMPLES, flat.length);
  return Float32Array.from(
    { length: count },
    (_, i) => flat[Math.floor((i * (flat.length - 1)) / Math.max(1, count - 1))]!,
  );
}
