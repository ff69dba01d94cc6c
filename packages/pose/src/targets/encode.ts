/**
 * Targets of a picture: Gaussians for the heatmaps, places of the tags. Letters: P people, K kinds of keypoint, H x W heatmap.
 * Source: open-mmlab/mmpose 0.29, datasets/pipelines/bottom_up_transform.py (`HeatmapGenerator`, `JointsEncoder`).
 */
import { InvalidArgumentError } from '@icconv/tensor-ops';

export interface EncodeOptions {
  /** K. */
  readonly keypoints: number;
  /** Of the heatmaps. */
  readonly height: number;
  readonly width: number;
  /** Deviation of the Gaussians in pixels of the heatmap. */
  readonly sigma: number;
  /**
   * Where Gaussians have their peak: in the middle of the keypoint's `pixel`, as mmpose has it, or at the keypoint's `exact` place, which
   * loses nothing of it (Huang et al., "The Devil Is in the Details", CVPR 2020). @defaultValue `'pixel'`
   */
  readonly centre?: 'pixel' | 'exact';
}

/** Labelled keypoints of one person, as places in a tag map of one picture. */
export type PersonTags = readonly { readonly joint: number; readonly x: number; readonly y: number }[];

export interface EncodedTargets {
  /** [H, W, K] in [0, 1]. */
  readonly heatmaps: Float32Array;
  /** People with at least one labelled keypoint within the map. */
  readonly people: readonly PersonTags[];
}

/**
 * Encodes people. A keypoint at (x, y) belongs to the pixel that holds it; its Gaussian is cut to a patch of 6 sigma + 3 pixels around
 * that pixel. Where Gaussians of people meet, the larger value counts.
 *
 * @param people - of each K triples x, y, visibility, in pixels of the heatmap; visibility 0 is not labelled.
 */
export function encodeTargets(people: readonly (readonly number[])[], options: EncodeOptions): EncodedTargets {
  const { keypoints, height, width, sigma } = options;
  const heatmaps = new Float32Array(height * width * keypoints);
  const patch = gaussianPatch(sigma);
  const exact = options.centre === 'exact';
  const encoded: PersonTags[] = [];
  for (const person of people) {
    if (person.length !== 3 * keypoints) {
      const expected = `${3 * keypoints} numbers, x, y, visibility of ${keypoints} keypoints`;
      throw new InvalidArgumentError('encodeTargets', 'people', person.length, expected);
    }
    const tags: { joint: number; x: number; y: number }[] = [];
    for (let joint = 0; joint < keypoints; joint++) {
      const [px, py, visible] = [person[3 * joint]!, person[3 * joint + 1]!, person[3 * joint + 2]!];
      const [x, y] = [Math.trunc(px), Math.trunc(py)];
      if (!(visible > 0) || x < 0 || y < 0 || x >= width || y >= height) continue;
      // A pixel's middle lies half a pixel from its corner.
      const own = exact ? gaussianPatch(sigma, px - x - 0.5, py - y - 0.5) : patch;
      paint(heatmaps, joint, x, y, own, options);
      tags.push({ joint, x, y });
    }
    if (tags.length > 0) encoded.push(tags);
  }
  return { heatmaps, people: encoded };
}

interface Patch {
  /** From the patch's first row or column to the keypoint's pixel. */
  readonly reach: number;
  readonly side: number;
  readonly values: Float32Array;
}

/** @param dx - of the peak from the middle of the patch, in pixels. */
function gaussianPatch(sigma: number, dx = 0, dy = 0): Patch {
  const reach = Math.ceil(3 * sigma) + 1;
  const side = 2 * reach + 1;
  const axis = (shift: number) =>
    Float64Array.from({ length: side }, (_, i) => Math.exp(-((i - reach - shift) ** 2) / (2 * sigma ** 2)));
  const [rows, columns] = [axis(dy), axis(dx)];
  const values = new Float32Array(side * side);
  for (let y = 0; y < side; y++) for (let x = 0; x < side; x++) values[y * side + x] = rows[y]! * columns[x]!;
  return { reach, side, values };
}

function paint(maps: Float32Array, joint: number, x: number, y: number, patch: Patch, options: EncodeOptions): void {
  const { height, width, keypoints } = options;
  const { reach, side, values } = patch;
  const [top, left] = [y - reach, x - reach];
  for (let row = Math.max(0, -top); row < side && top + row < height; row++) {
    for (let column = Math.max(0, -left); column < side && left + column < width; column++) {
      const at = ((top + row) * width + left + column) * keypoints + joint;
      const value = values[row * side + column]!;
      if (value > maps[at]!) maps[at] = value;
    }
  }
}
