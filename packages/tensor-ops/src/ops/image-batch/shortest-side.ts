/** Sizes of pictures that are resized by their shorter side, to the pixel as the detection libraries do it. */
import { InvalidArgumentError } from '../../errors';

/**
 * How the sides become whole.
 *
 * - `floor`: both sides times one factor, cut (torchvision).
 * - `round`: both sides times one factor, rounded (mmdetection's mmcv).
 * - `detectron2`: rounded too, but by two factors one after the other where the longer side meets its limit, which differs from one factor
 *   in the last bit of a double and so, at a half, in a pixel.
 */
export type SideRounding = 'floor' | 'round' | 'detectron2';

export interface ShortestSideOptions {
  /** Of the shorter side after resizing, in pixels. */
  readonly shortest: number;
  /** The longer side gets no longer than this, and the shorter one shorter instead. @defaultValue no limit */
  readonly longest?: number;
  /** @defaultValue `'round'` */
  readonly rounding?: SideRounding;
}

/**
 * Height and width after resizing, each at least 1.
 *
 * Sources: pytorch/vision torchvision/models/detection/transform.py (`_resize_image_and_masks`, with torch's `interpolate`), open-mmlab/mmcv
 * mmcv/image/geometric.py (`rescale_size`), facebookresearch/detectron2 detectron2/data/transforms/augmentation_impl.py.
 *
 * @throws {@link InvalidArgumentError}
 * @example
 * ```ts
 * shortestSideSize(480, 640, { shortest: 800, longest: 1333 }); // [800, 1067]
 * ```
 */
export function shortestSideSize(
  height: number,
  width: number,
  { shortest, longest = Number.POSITIVE_INFINITY, rounding = 'round' }: ShortestSideOptions,
): [height: number, width: number] {
  for (const [name, value] of Object.entries({ height, width, shortest, longest })) {
    if (!(value > 0)) throw new InvalidArgumentError('shortestSideSize', name, value, 'a number above 0');
  }
  const [short, long] = [Math.min(height, width), Math.max(height, width)];
  // In doubles, and in this order of operations: at a whole number or a half, the last bit decides about a pixel.
  if (rounding === 'detectron2') {
    const factor = shortest / short;
    const first = [height, width].map((side) => (side === short ? shortest : side * factor));
    const excess = Math.max(...first);
    return (excess > longest ? first.map((side) => side * (longest / excess)) : first).map(rounded) as [number, number];
  }
  const factor = Math.min(shortest / short, longest / long);
  const whole = rounding === 'floor' ? cut : rounded;
  return [whole(height * factor), whole(width * factor)];
}

const cut = (side: number) => Math.max(1, Math.floor(side));
const rounded = (side: number) => Math.max(1, Math.floor(side + 0.5));
