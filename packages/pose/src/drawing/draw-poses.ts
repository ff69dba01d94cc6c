/** Skeletons over a picture. */
import { DRAWING_COLOURS, drawOver, type ImageInput } from '@icconv/base/pictures';
import type { PoseResult } from '../estimator/types';
import type { Skeleton } from '../skeleton/skeleton';

/** Coordinates in SVG: a tenth of a pixel is enough. */
const n = (value: number) => value.toFixed(1);

export interface DrawPosesOptions {
  /** Keypoints with a lower score are not drawn. @defaultValue `0.1` */
  readonly keypointThreshold?: number;
  /** @defaultValue `'png'` */
  readonly format?: 'png' | 'jpg';
}

/**
 * Draws skeletons over a picture, each person in a colour of its own; limbs fade with the less sure of their ends.
 *
 * @param image - the one that the result is of.
 * @param skeleton - of the estimator that found the people: `estimator.model.config.skeleton`.
 * @returns the picture, encoded.
 * @throws ImageDecodeError
 */
export async function drawPoses(
  image: ImageInput,
  result: PoseResult,
  { edges }: Pick<Skeleton, 'edges'>,
  { keypointThreshold = 0.1, format }: DrawPosesOptions = {},
): Promise<Buffer> {
  return drawOver(image, posesSvg(result, edges, keypointThreshold), format);
}

/** Sure people on top. */
function posesSvg({ width, height, poses }: PoseResult, edges: Skeleton['edges'], keypointThreshold: number): string {
  const shapes = poses.map(({ keypoints }, person) => {
    const colour = DRAWING_COLOURS[person % DRAWING_COLOURS.length]!;
    const seen = keypoints.map(({ score }) => score > 0 && score >= keypointThreshold);
    const found = keypoints.filter((_, i) => seen[i]);
    const extent = Math.max(...['x', 'y'].map((axis) => spread(found.map((point) => point[axis as 'x' | 'y']))), 12);
    // In proportion to the person, and never hidden or hiding.
    const line = Math.min(Math.max(extent / 45, 1.2), Math.min(width, height) / 120);
    const limbs = edges.flatMap(([a, b]) => {
      if (!seen[a] || !seen[b]) return [];
      const [from, to] = [keypoints[a]!, keypoints[b]!];
      const opacity = (0.35 + 0.65 * Math.min(1, from.score, to.score)).toFixed(2);
      const place = `x1="${n(from.x)}" y1="${n(from.y)}" x2="${n(to.x)}" y2="${n(to.y)}"`;
      return `<line ${place} stroke="${colour}" stroke-width="${n(line)}" stroke-opacity="${opacity}"/>`;
    });
    const points = found.map(
      ({ x, y }) =>
        `<circle cx="${n(x)}" cy="${n(y)}" r="${n(1.1 * line)}" fill="${colour}" stroke="#fff" stroke-width="${n(line / 3)}"/>`,
    );
    return limbs.join('') + points.join('');
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" stroke-linecap="round">${shapes.reverse().join('')}</svg>`;
}

const spread = (values: readonly number[]) => (values.length === 0 ? 0 : Math.max(...values) - Math.min(...values));
