/**
 * Boxes from the deltas that a network gives for reference boxes: decoded, cut at the image, and marked where they are too small, in one call.
 *
 * With w, h the reference's sides and cx, cy its centre:
 *
 *     cx' = cx + w dx / wx      w' = w exp(dw / ww)      (likewise y, h)
 *
 * Letters: R references, K candidates of each. Source: Girshick et al., "Rich feature hierarchies", CVPR 2014, appendix C; weights as in Fast
 * R-CNN's code.
 */
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkPair, checkResult, checkTensor } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { BOX_CANDIDATES, type BoxCandidatesAttrs } from './register-box-candidates';

export interface BoxCandidatesOptions {
  /** Height and width of the image that boxes are cut at, pixels. */
  readonly imageSize: readonly [height: number, width: number];
  /** The factors (wx, wy, ww, wh) of the deltas. @defaultValue `[1, 1, 1, 1]` */
  readonly weights?: readonly [number, number, number, number];
  /** A side is at most exp of this times the reference's; keeps exp() finite while a training starts. */
  readonly logScaleLimit: number;
  /** Boxes with a side under this many pixels are marked. @defaultValue `0` */
  readonly minSize?: number;
}

/** The caller disposes the tensors. */
export interface BoxCandidates {
  /** float32 [R K, 4], x1 y1 x2 y2 in pixels. */
  readonly boxes: Tensor2D;
  /** float32 [R K]: the scores, or -1 for a box that is too small or has a coordinate that is no number. Shapes stay, so that nothing is read back. */
  readonly scores: Tensor1D;
}

/**
 * Decodes all candidates; not differentiable.
 *
 * @param deltas - float32 [R, K, 4], or [R, 1, 4] where the candidates of a reference share them: (dx, dy, dw, dh). R may be 0.
 * @param references - float32 [R, 4], x1 y1 x2 y2, such as anchors or proposals.
 * @param scores - float32 [R, K].
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 */
export function boxCandidates(
  deltas: Tensor3D,
  references: Tensor2D,
  scores: Tensor2D,
  options: BoxCandidatesOptions,
): BoxCandidates {
  const op = 'boxCandidates';
  checkTensor(op, 'deltas', deltas, '[R, K, 4]', 3, [0]);
  checkTensor(op, 'references', references, '[R, 4]', 2, [0]);
  checkTensor(op, 'scores', scores, '[R, K]', 2, [0]);
  const [rows, columns, numbers] = deltas.shape;
  if (numbers !== 4) throw new ShapeMismatchError(op, 'deltas', '[R, K, 4]', deltas.shape);
  if (references.shape[0] !== rows || references.shape[1] !== 4) {
    throw new ShapeMismatchError(op, 'references', `[${rows}, 4]`, references.shape);
  }
  const candidates = scores.shape[1];
  if (scores.shape[0] !== rows || (columns !== 1 && columns !== candidates)) {
    throw new ShapeMismatchError(op, 'scores', `[${rows}, ${columns === 1 ? 'K' : columns}]`, scores.shape);
  }
  const { imageSize, weights = [1, 1, 1, 1], logScaleLimit, minSize = 0 } = options;
  if (weights.length !== 4 || !weights.every((weight) => Number.isFinite(weight) && weight > 0)) {
    throw new InvalidArgumentError(op, 'weights', weights, '4 positive numbers');
  }
  if (!Number.isFinite(logScaleLimit)) {
    throw new InvalidArgumentError(op, 'logScaleLimit', logScaleLimit, 'a finite number');
  }
  if (!Number.isFinite(minSize)) throw new InvalidArgumentError(op, 'minSize', minSize, 'a finite number');
  checkResult(op, [rows, candidates, 4]);
  const attrs: BoxCandidatesAttrs = {
    imageSize: checkPair(op, 'imageSize', imageSize, 1),
    weights,
    logScaleLimit,
    minSize,
  };
  const [boxes, kept] = runKernel<[Tensor2D, Tensor1D]>(op, BOX_CANDIDATES, { deltas, references, scores }, attrs);
  return { boxes, scores: kept };
}
