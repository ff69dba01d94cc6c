/** Figures placed in a picture, and which of their keypoints can be seen. */
import { covers, extent, type Figure, makeFigure, type Point } from './figure';
import { randomPose } from './pose';
import { type Random, seededRandom } from './random';
import { KEYPOINTS } from './skeleton';

/** Side of the pictures in pixels. */
export const SIDE = 256;
/** Figures with fewer keypoints in the frame are not placed, nor may later ones leave fewer of them to be seen. */
export const LEAST_KEYPOINTS = 4;

const COUNT = [1, 4] as const;
const HEIGHTS = [60, 200] as const;
const TRIES = 20;
/** Of a figure's keypoints in the frame, later figures leave at least this share to be seen. */
const LEAST_SEEN = 0.6;
/** Share of the placements that may reach over the frame. */
const CUT = 0.25;
/** Share of the placements close to a figure that is there already, so that figures cross each other. */
const CLOSE = 0.4;

/** COCO's flags: 0 outside of the frame, 1 hidden by another figure, 2 visible. */
export type Visibility = 0 | 1 | 2;

export interface PlacedFigure {
  readonly figure: Figure;
  readonly visibility: readonly Visibility[];
}

export interface Scene {
  /** In drawing order: larger figures later. */
  readonly figures: readonly PlacedFigure[];
  /** Seed of everything that is drawn but not annotated: colors and background. */
  readonly paintSeed: number;
}

/** The same seed gives the same scene. */
export function makeScene(seed: number): Scene {
  const random = seededRandom(seed);
  const wanted = random.whole(...COUNT);
  const heights = Array.from({ length: wanted }, () => random.between(...HEIGHTS)).sort((a, b) => a - b);
  let figures: Figure[] = [];
  for (const height of heights) {
    const pose = randomPose(random);
    for (let i = 0; i < TRIES; i++) {
      const next = [...figures, makeFigure(pose, height, place(makeFigure(pose, height, [0, 0]), figures, random))];
      if (!visibilities(next).every(placeable)) continue;
      figures = next;
      break;
    }
  }
  const flags = visibilities(figures);
  return {
    figures: figures.map((figure, index) => ({ figure, visibility: flags[index]! })),
    paintSeed: random.whole(0, 2 ** 31),
  };
}

/**
 * Flags of figures in drawing order. A keypoint is hidden when it lies in the head, torso or a limb of a figure drawn
 * later; what a figure's own body covers counts as visible.
 */
export function visibilities(figures: readonly Figure[]): Visibility[][] {
  return figures.map(({ keypoints }, index) =>
    keypoints.map((point) => {
      if (!inFrame(point)) return 0;
      return figures.slice(index + 1).some((later) => covers(later, point)) ? 1 : 2;
    }),
  );
}

function inFrame([x, y]: Point): boolean {
  return x >= 0 && y >= 0 && x < SIDE && y < SIDE;
}

function placeable(flags: readonly Visibility[]): boolean {
  const count = (least: Visibility) => flags.filter((flag) => flag >= least).length;
  return count(2) >= Math.max(LEAST_KEYPOINTS, LEAST_SEEN * count(1));
}

/** Where to put the middle of the hips, given the figure at the origin. */
function place(figure: Figure, others: readonly Figure[], random: Random): Point {
  if (others.length > 0 && random.between(0, 1) < CLOSE) {
    const [x, y] = random.pick(others).keypoints[KEYPOINTS.indexOf('left_hip')]!;
    const reach = 0.4 * figure.height;
    return [x + random.between(-reach, reach), y + random.between(-reach, reach)];
  }
  const [x0, y0, x1, y1] = extent(figure);
  const cut = random.between(0, 1) < CUT;
  const range = (low: number, high: number) => {
    // One that is to be whole stays within the frame; one that may be cut has its middle there.
    if (!cut && high - low <= SIDE) return random.between(-low, SIDE - high);
    return random.between(0, SIDE) - (low + high) / 2;
  };
  return [range(x0, x1), range(y0, y1)];
}
