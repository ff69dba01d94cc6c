/**
 * Non-maximum suppression: walks boxes from the highest score down and keeps each that overlaps no kept box of its group by more
 * than a threshold. Letter: N boxes. Exactly the boxes that torchvision.ops.nms keeps, within each group.
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkLive, checkWhole } from '../../kernel/check';
import { NATIVE_BACKEND, runKernel } from '../../kernel/registry';
import { checkScores } from './check-scores';
import { type GreedyNmsOptions, greedyNms } from './greedy-nms';
import { BATCHED_NMS } from './register-nms';

export interface BatchedNmsOptions {
  /** 0 to 1; a box goes when its intersection over union with a kept one is greater. */
  readonly iouThreshold: number;
  /** Only scores greater than this take part. @defaultValue none: all do */
  readonly scoreThreshold?: number;
  /** At most this many indices, the best. @defaultValue no limit */
  readonly maxOutputSize?: number;
}

/**
 * Suppresses boxes within each group, such as a class or a pyramid level, in one call.
 *
 * A box without positive width and height, or with a coordinate that is not finite, overlaps nothing and is kept.
 * On backends other than the native one the inputs are read by the host at once; {@link batchedNmsAsync} does not block for that.
 *
 * @param boxes - float32 [N, 4], x1 y1 x2 y2 in any unit. N may be 0.
 * @param scores - float32 [N], no NaN.
 * @param groups - int32 [N], any integers; undefined when all boxes compete.
 * @returns int32 [K], indices of the kept boxes by descending score, equal scores by ascending index. The caller disposes it.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 * @example
 * ```ts
 * const boxes = tf.tensor2d([[0, 0, 10, 10], [1, 0, 11, 10], [1, 0, 11, 10]]);
 * const kept = batchedNms(boxes, tf.tensor1d([0.9, 0.8, 0.7]), tf.tensor1d([0, 0, 1], 'int32'), { iouThreshold: 0.5 });
 * kept.print(); // [0, 2]: box 1 overlaps box 0; box 2 is of another group
 * ```
 */
export function batchedNms(
  boxes: Tensor2D,
  scores: Tensor1D,
  groups: Tensor1D | undefined,
  options: BatchedNmsOptions,
): Tensor1D {
  const attrs = check(boxes, scores, groups, options);
  const rivals = groups ?? tf.tensor1d([], 'int32');
  try {
    return runKernel('batchedNms', BATCHED_NMS, { boxes, scores, groups: rivals }, attrs);
  } finally {
    if (groups === undefined) rivals.dispose();
  }
}

/** As {@link batchedNms}, but waits for the inputs instead of blocking; for `webgpu` and `webgl`, whose tensors are read through a queue. */
export async function batchedNmsAsync(
  boxes: Tensor2D,
  scores: Tensor1D,
  groups: Tensor1D | undefined,
  options: BatchedNmsOptions,
): Promise<Tensor1D> {
  if (tf.getBackend() === NATIVE_BACKEND) return batchedNms(boxes, scores, groups, options);
  const attrs = check(boxes, scores, groups, options);
  const [boxData, scoreData, groupData] = await Promise.all([
    boxes.data<'float32'>(),
    scores.data<'float32'>(),
    groups?.data() ?? [],
  ]);
  checkScores(scoreData);
  return tf.tensor1d(greedyNms(boxData, scoreData, groupData, attrs), 'int32');
}

function check(
  boxes: Tensor2D,
  scores: Tensor1D,
  groups: Tensor1D | undefined,
  options: BatchedNmsOptions,
): GreedyNmsOptions {
  const op = 'batchedNms';
  const { iouThreshold, scoreThreshold, maxOutputSize = Number.POSITIVE_INFINITY } = options;
  checkLive(op, 'boxes', boxes);
  checkLive(op, 'scores', scores);
  if (groups !== undefined) checkLive(op, 'groups', groups, 'int32');
  if (boxes.rank !== 2 || boxes.shape[1] !== 4) throw new ShapeMismatchError(op, 'boxes', '[N, 4]', boxes.shape);
  const count = boxes.shape[0];
  if (scores.rank !== 1 || scores.shape[0] !== count) {
    throw new ShapeMismatchError(op, 'scores', `[${count}], one for each box`, scores.shape);
  }
  if (groups !== undefined && (groups.rank !== 1 || groups.shape[0] !== count)) {
    throw new ShapeMismatchError(op, 'groups', `[${count}], one for each box`, groups.shape);
  }
  if (!(iouThreshold >= 0 && iouThreshold <= 1)) {
    throw new InvalidArgumentError(op, 'iouThreshold', iouThreshold, 'a number from 0 to 1');
  }
  if (scoreThreshold !== undefined && Number.isNaN(scoreThreshold)) {
    throw new InvalidArgumentError(op, 'scoreThreshold', scoreThreshold, 'a number');
  }
  const limited = maxOutputSize !== Number.POSITIVE_INFINITY;
  if (limited) checkWhole(op, 'maxOutputSize', maxOutputSize, 0);
  return { iouThreshold, scoreThreshold, maxOutputSize };
}
