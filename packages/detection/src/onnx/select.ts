/** From what the box heads say to detections, as `roi-heads/select-detections.ts`. N pictures, P proposals, V of them real, K classes, D detections. */
import type { Value } from '@icconv/models/onnx';
import type { BoxCoderWeights } from '../boxes/box-coder';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { DROPPED } from '../rpn/proposals';
import { clip, decode, shorterSide, suppress } from './boxes';
import type { Ops } from './ops';
import type { InputSize } from './proposals';
import type { Judged } from './regions';

export interface GraphDetections {
  /** float32 [N, D, 4], zeros where there are fewer. */
  readonly boxes: Value;
  /** float32 [N, D], descending, then zeros. */
  readonly scores: Value;
  /** int64 [N, D], -1 where there are fewer. */
  readonly labels: Value;
  /** int64 [N]. */
  readonly counts: Value;
  /** bool [N, D]. */
  readonly valid: Value;
}

/** @param places - int64 [V], of the regions among the N P proposals. @param proposals - int64 [2], N and P. */
export function addDetections(
  ops: Ops,
  { probabilities, boxes: references, deltas }: Judged,
  coderWeights: BoxCoderWeights,
  places: Value,
  proposals: Value,
  { limits }: InputSize,
  { classes, roi }: Pick<FasterRcnnConfig, 'classes' | 'roi'>,
): GraphDetections {
  const { test, background, cascade, backgroundDeltas } = roi;
  const first = background === 'first' ? 1 : 0;
  const columns = cascade !== undefined ? 1 : classes + (backgroundDeltas ? 1 : 0);
  const perClass = ops.reshape(deltas, [0, columns, 4]);
  const own = columns > classes ? ops.slice(perClass, 1, first, first + classes) : perClass;
  const moved = clip(ops, decode(ops, own, ops.unsqueeze(references, 1), coderWeights), limits);
  const large = ops.run('GreaterOrEqual', [shorterSide(ops, moved), test.minSize]);
  const likely = ops.slice(probabilities, 1, first, first + classes);
  const scores = ops.where(ops.run('Squeeze', [large, ops.ints([2])]), likely, DROPPED);

  const [images, each] = [ops.slice(proposals, 0, 0, 1), ops.slice(proposals, 0, 1, 2)];
  const rows = ops.run('Mul', [images, each]);
  const allScores = ops.reshape(ops.spread(scores, places, ops.lengths([rows, classes]), DROPPED), [
    images,
    each,
    classes,
  ]);
  const whole = ops.lengths([rows, columns === 1 ? 1 : classes, 4]);
  const spread = ops.spread(moved, places, whole, 0);
  const allBoxes = ops.reshape(ops.expand(spread, ops.lengths([rows, classes, 4])), [images, each, classes, 4]);

  const limit = { most: test.maxDetections, overlap: test.nmsThreshold, score: Math.max(test.scoreThreshold, DROPPED) };
  const candidates = { scores: ops.reshape(allScores, [0, -1]), boxes: ops.reshape(allBoxes, [0, -1, 4]) };
  let kept: Value;
  if (test.acrossClasses === true) {
    kept = suppress(ops, { ...candidates, byGroup: ops.unsqueeze(candidates.scores, 1) }, limit);
  } else {
    // Each class of each picture is a batch of its own, as its boxes are.
    const ofClass = ops.reshape(ops.transpose(allScores, [0, 2, 1]), [-1, each]);
    const boxes = ops.reshape(ops.transpose(allBoxes, [0, 2, 1, 3]), [-1, each, 4]);
    const alone = suppress(ops, { boxes, scores: ofClass, byGroup: ops.unsqueeze(ofClass, 1) }, limit);
    kept = ops.reshape(ops.transpose(ops.reshape(alone, [images, classes, each]), [0, 2, 1]), [0, -1]);
  }
  return best(ops, candidates.boxes, kept, classes, test.maxDetections);
}

/** The first detections of each picture, filled up to their number. */
function best(ops: Ops, boxes: Value, scores: Value, classes: number, most: number): GraphDetections {
  const { values, indices } = ops.top(scores, most);
  const missing = ops.sub(ops.ints([most]), ops.shape(values, 1, 2));
  const pads = ops.lengths([0, 0, 0, missing]);
  const found = ops.run('Pad', [values, pads, DROPPED]);
  const which = ops.run('Pad', [indices, pads, ops.int(0)]);
  const valid = ops.run('Greater', [found, DROPPED]);
  return {
    boxes: ops.where(ops.unsqueeze(valid, 2), ops.pick(boxes, which), 0),
    scores: ops.where(valid, found, 0),
    labels: ops.where(valid, ops.run('Mod', [which, ops.int(classes)]), ops.int(-1)),
    counts: ops.run('ReduceSum', [ops.cast(valid, 'int64'), ops.ints([1])], { keepdims: 0 }),
    valid,
  };
}
