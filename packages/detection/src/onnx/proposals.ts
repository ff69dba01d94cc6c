/** From the pyramid to proposals, as `rpn/proposals.ts`, for all pictures at once. N pictures, A anchors a cell, L levels, P proposals. */
import type { Value } from '@icconv/models/onnx';
import { cellAnchors } from '../anchors/anchor-generator';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { DROPPED, RPN_CODER_WEIGHTS } from '../rpn/proposals';
import { clip, decode, shorterSide, suppress } from './boxes';
import type { Ops } from './ops';

/** The pictures' own size, and that of the network's input, which padding has made of it. */
export interface InputSize {
  /** float32 [4], width, height, width, height of the pictures. */
  readonly limits: Value;
  /** int64 [2], height and width of the input. */
  readonly padded: Value;
}

export interface GraphProposals {
  /** float32 [N, P, 4]. */
  readonly boxes: Value;
  /** float32 [N, P], descending; `DROPPED` where there are fewer. */
  readonly scores: Value;
}

/** @param levels - P2 and coarser. @param head - the region proposal network's on one of them. */
export function addProposals(
  ops: Ops,
  levels: readonly Value[],
  head: (map: Value) => Readonly<Record<'logits' | 'deltas', Value>>,
  { limits, padded }: InputSize,
  { anchors, test }: FasterRcnnConfig['rpn'],
): GraphProposals {
  const best = levels.map((map, level) => {
    const { logits, deltas } = head(map);
    const { values, indices } = ops.top(ops.reshape(byCell(ops, logits), [0, -1]), test.preNmsTopN);
    const references = levelAnchors(ops, map, padded, cellAnchors(anchors, level));
    const moved = ops.pick(ops.reshape(byCell(ops, deltas), [0, -1, 4]), indices);
    const boxes = decode(ops, moved, ops.gather(references, indices), RPN_CODER_WEIGHTS);
    const ownLevel = ops.expand(level, ops.shape(values, 1, 2));
    return { boxes, scores: ops.run('Sigmoid', [values]), level: ownLevel };
  });
  const boxes = clip(
    ops,
    ops.concat(
      best.map((one) => one.boxes),
      1,
    ),
    limits,
  );
  const large = ops.run('GreaterOrEqual', [shorterSide(ops, boxes), test.minSize]);
  const all = ops.concat(
    best.map((one) => one.scores),
    1,
  );
  const scores = ops.where(ops.run('Squeeze', [large, ops.ints([2])]), all, DROPPED);
  const levelOf = ops.concat(
    best.map((one) => one.level),
    0,
  );
  const isOfLevel = ops.run('Equal', [levelOf, ops.floats([...levels.keys()], [levels.length, 1])]);
  const byGroup = ops.where(isOfLevel, ops.unsqueeze(scores, 1), DROPPED);
  const limit = { most: test.postNmsTopN, overlap: test.nmsThreshold, score: DROPPED };
  const kept = ops.top(suppress(ops, { boxes, scores, byGroup }, limit), test.postNmsTopN);
  return { boxes: ops.pick(boxes, kept.indices), scores: kept.values };
}

/** [N, C, H, W] to [N, H, W, C], the order of anchors. */
const byCell = (ops: Ops, map: Value) => ops.transpose(map, [0, 2, 3, 1]);

/** Anchors of a level, float32 [H W A, 4], in the order of `generateAnchors`. */
function levelAnchors(ops: Ops, map: Value, padded: Value, cell: readonly (readonly number[])[]): Value {
  const size = ops.shape(map, 2, 4);
  const strides = ops.div(padded, size);
  const along = (axis: 0 | 1, shape: readonly number[], corners: readonly number[]) => {
    const side = ops.ints([axis], []);
    const steps = ops.mul(ops.range(ops.gather(size, side)), ops.gather(strides, side));
    return ops.mul(ops.reshape(ops.cast(steps, 'float'), shape), ops.floats(corners));
  };
  const shifts = ops.add(along(0, [-1, 1, 1, 1], [0, 1, 0, 1]), along(1, [1, -1, 1, 1], [1, 0, 1, 0]));
  return ops.reshape(ops.add(shifts, ops.floats(cell.flat(), [cell.length, 4])), [-1, 4]);
}
