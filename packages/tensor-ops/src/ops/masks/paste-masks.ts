/**
 * Masks that are relative to their boxes, as the masks of a picture. Letters: N masks, S side of a mask.
 *
 * Sources: torchvision/models/detection/roi_heads.py `paste_masks_in_image`; detectron2/layers/mask_ops.py `_do_paste_mask`, which
 * mmdetection's `_do_paste_mask` equals.
 */
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { InvalidArgumentError, ShapeMismatchError } from '../../errors';
import { checkResult, checkTensor, checkWhole } from '../../kernel/check';
import { runKernel } from '../../kernel/registry';
import { PASTE_MASKS } from './register-masks';
import type { PasteMasksAttrs } from './types';

export interface PasteMasksOptions {
  /** Of the picture, in pixels. */
  readonly height: number;
  readonly width: number;
  /** @defaultValue `0.5` */
  readonly threshold?: number;
  /**
   * `torchvision` grows a box by the border of zeros around its mask and cuts it to whole pixels; a pixel is inside where its value is
   * greater than the threshold. `detectron2`, and mmdetection likewise, leave boxes as they are; a pixel at the threshold is inside too.
   * @defaultValue `'torchvision'`
   */
  readonly convention?: 'torchvision' | 'detectron2';
}

/**
 * Pastes masks into a picture: interpolated bilinearly at the pixels' centres, zeros around them, and thresholded.
 *
 * @param probabilities - float32 [N, S, S]; N may be 0.
 * @param boxes - float32 [N, 4], x1 y1 x2 y2 in pixels of the picture, finite. One without area gives an empty mask by
 *   `detectron2`'s convention; by torchvision's a box is a pixel wide and high at least.
 * @returns for each mask its run lengths, as COCO counts them: down the columns, zeros first, height times width in all.
 * @throws {@link ShapeMismatchError}, {@link InvalidArgumentError}, {@link UnsupportedBackendError}
 * @example
 * ```ts
 * const full = tf.ones<tf.Rank.R3>([1, 28, 28]);
 * const [runs] = pasteMasks(full, tf.tensor2d([[1, 0, 3, 2]]), { height: 4, width: 4, convention: 'detectron2' });
 * // runs: 4 zeros, then 2 ones and 2 zeros in each of two columns, and a column of zeros
 * ```
 */
export function pasteMasks(probabilities: Tensor3D, boxes: Tensor2D, options: PasteMasksOptions): Uint32Array[] {
  const attrs = check(probabilities, boxes, options);
  const [counts, lengths] = runKernel<[Tensor1D, Tensor1D]>('pasteMasks', PASTE_MASKS, { probabilities, boxes }, attrs);
  try {
    const runs = Uint32Array.from(counts.dataSync<'int32'>());
    let end = 0;
    return Array.from(lengths.dataSync<'int32'>(), (length) => {
      end += length;
      return runs.subarray(end - length, end);
    });
  } finally {
    tf.dispose([counts, lengths]);
  }
}

function check(probabilities: Tensor3D, boxes: Tensor2D, options: PasteMasksOptions): PasteMasksAttrs {
  const op = 'pasteMasks';
  const { height, width, threshold = 0.5, convention = 'torchvision' } = options;
  checkTensor(op, 'probabilities', probabilities, '[N, S, S]', 3, [0]);
  const [masks, rows, columns] = probabilities.shape;
  if (rows !== columns) throw new ShapeMismatchError(op, 'probabilities', '[N, S, S]', probabilities.shape);
  checkTensor(op, 'boxes', boxes, '[N, 4]', 2, [0]);
  if (boxes.shape[0] !== masks || boxes.shape[1] !== 4) {
    throw new ShapeMismatchError(op, 'boxes', `[${masks}, 4], one for each mask`, boxes.shape);
  }
  checkWhole(op, 'height', height, 1);
  checkWhole(op, 'width', width, 1);
  checkResult(op, [height, width]);
  if (!Number.isFinite(threshold)) throw new InvalidArgumentError(op, 'threshold', threshold, 'a finite number');
  if (convention !== 'torchvision' && convention !== 'detectron2') {
    throw new InvalidArgumentError(op, 'convention', convention, '"torchvision" or "detectron2"');
  }
  return { height, width, threshold, wholeBoxes: convention === 'torchvision' };
}
