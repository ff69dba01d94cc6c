import { DRAWING_COLOURS, drawingOf } from '@icconv/base';
import type { PoseResult } from '../estimator/types';
import type { Skeleton } from '../skeleton/skeleton';

/** Coordinates in SVG: a tenth of a pixel is enough. */
const n = (value: number) => value.toFixed(1);

export interface PosesSvgOptions {
  /** Keypoints with a lower score are not drawn. @defaultValue `0.1` */
  readonly keypointThreshold?: number;
}

/**
 * Skeletons as an SVG to lie over the picture, each person in a colour of its own, sure ones on top; limbs fade with the less sure of their ends.
 *
 * @param skeleton - of the estimator that found the people: `estimator.model.config.skeleton`.
 */
export function posesSvg(
  { width, height, poses }: Omit<PoseResult, 'error'>,
  { edges }: Pick<Skeleton, 'edges'>,
  { keypointThreshold = 0.1 }: PosesSvgOptions = {},
): string {
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
  return drawingOf({ width, height }, shapes.reverse().join(''), ' stroke-linecap="round"');
}

const spread = (values: readonly number[]) => (values.length === 0 ? 0 : Math.max(...values) - Math.min(...values));
