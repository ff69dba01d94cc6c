/** Arithmetic of boxes in a graph: what `boxes/` has for tensors. Boxes are float32 [.., 4], x1 y1 x2 y2. */
import type { Value } from '@icconv/models/onnx';
import { roundDownToFloat } from '@icconv/tensor-ops';
import { type BoxCoderWeights, LOG_SCALE_LIMIT } from '../boxes/box-coder';
import { DROPPED } from '../rpn/proposals';
import type { Ops } from './ops';

/** As `decodeBoxes`; deltas and references of shapes that broadcast. */
export function decode(ops: Ops, deltas: Value, references: Value, weights: BoxCoderWeights): Value {
  const [x1, y1, x2, y2] = ops.split(references, 4) as [Value, Value, Value, Value];
  const width = ops.sub(x2, x1);
  const height = ops.sub(y2, y1);
  const centerX = ops.add(x1, ops.mul(width, 0.5));
  const centerY = ops.add(y1, ops.mul(height, 0.5));
  const [dx, dy, dw, dh] = ops.split(ops.div(deltas, ops.floats(weights)), 4) as [Value, Value, Value, Value];
  const x = ops.add(ops.mul(dx, width), centerX);
  const y = ops.add(ops.mul(dy, height), centerY);
  const half = (log: Value, side: Value) =>
    ops.mul(ops.mul(ops.run('Exp', [ops.min(log, LOG_SCALE_LIMIT)]), side), 0.5);
  const halfWidth = half(dw, width);
  const halfHeight = half(dh, height);
  return ops.concat([ops.sub(x, halfWidth), ops.sub(y, halfHeight), ops.add(x, halfWidth), ops.add(y, halfHeight)], -1);
}

/** Boxes cut at the pictures. @param limits - float32 [4], width, height, width, height. */
export function clip(ops: Ops, boxes: Value, limits: Value): Value {
  return ops.run('Max', [0, ops.min(boxes, limits)]);
}

/** Shorter sides, [.., 1]. */
export function shorterSide(ops: Ops, boxes: Value): Value {
  const [x1, y1, x2, y2] = ops.split(boxes, 4) as [Value, Value, Value, Value];
  return ops.min(ops.sub(x2, x1), ops.sub(y2, y1));
}

/** Areas, [.., 1]. */
export function area(ops: Ops, boxes: Value): Value {
  const [x1, y1, x2, y2] = ops.split(boxes, 4) as [Value, Value, Value, Value];
  return ops.mul(ops.sub(x2, x1), ops.sub(y2, y1));
}

export interface Rivals {
  /** float32 [B, K, 4]. */
  readonly boxes: Value;
  /** float32 [B, K]. */
  readonly scores: Value;
  /** float32 [B, G, K]: the scores of each group's boxes, with {@link DROPPED} for those of others. */
  readonly byGroup: Value;
}

/** The scores, with {@link DROPPED} for boxes that are suppressed within their group or whose score is not above the threshold. */
export function suppress(
  ops: Ops,
  { boxes, scores, byGroup }: Rivals,
  limits: { readonly most: number; readonly overlap: number; readonly score: number },
): Value {
  // Thresholds are doubles everywhere else: a float above one stays above it rounded down.
  const float = (threshold: number) => ops.floats([roundDownToFloat(threshold)]);
  const kept = ops.run('NonMaxSuppression', [
    boxes,
    byGroup,
    ops.ints([limits.most]),
    float(limits.overlap),
    float(limits.score),
  ]);
  // Rows of batch, group, box.
  const places = ops.gather(kept, ops.ints([0, 2]), 1);
  return ops.run('ScatterND', [
    ops.expand(DROPPED, ops.shape(scores, 0, 2)),
    places,
    ops.run('GatherND', [scores, places]),
  ]);
}
