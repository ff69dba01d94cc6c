/**
 * Scenes of figures in cloaks the color of the ground: head and feet are seen, the joints between them are where they must be by the two.
 *
 * Head and feet are of one size whatever the figure's height, so that neither end tells it: a joint is found by seeing both.
 *
 * Coordinates: pixels, x to the right, y down, the first pixel covers [0, 1).
 */
import { seededRandom } from '@icconv/training';
import { type Color, ground, type Point } from './canvas';
import { heightsOf, type KeypointScene, type SceneOptions } from './scene';

/** In the order of the annotations. */
export const CLOAK_KEYPOINTS = ['head', 'chest', 'hip', 'knee', 'foot'] as const;
/** On the way from head to foot. */
const PLACES = [0, 0.25, 0.5, 0.75, 1];
const [HEAD, FOOT]: [Color, Color] = [
  [250, 200, 60],
  [90, 200, 250],
];
const RADIUS = 4.5;
const TRIES = 20;
/** Of the height, to either side. */
const LEAN = 0.08;

/** The same seed gives the same scene. */
export function makeCloaks(seed: number, { side, heights, count }: SceneOptions): KeypointScene {
  const random = seededRandom(seed, 'cloaks');
  const canvas = ground(side, random);
  const wanted = count[0] + random.below(count[1] - count[0] + 1);
  const figures: { height: number; keypoints: Point[]; bbox: [number, number, number, number] }[] = [];
  const draw = heightsOf(heights, random);
  for (let i = 0; i < wanted; i++) {
    const height = draw();
    const lean = random.uniform(-LEAN, LEAN) * height;
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const inside = RADIUS + Math.abs(lean) / 2;
      const middle = random.uniform(inside, side - inside);
      const top = random.uniform(0, side - height) + RADIUS;
      const [x0, x1] = [middle - lean / 2, middle + lean / 2];
      const bottom = top + height - 2 * RADIUS;
      // Apart from others, so that it is clear which foot belongs to which head.
      if (figures.some(({ keypoints }) => Math.abs(keypoints[2]![0] - middle) < 0.25 * side)) continue;
      canvas.disc([x0, top], RADIUS, HEAD);
      canvas.disc([x1, bottom], RADIUS, FOOT);
      const keypoints = PLACES.map((share): Point => [x0 + share * (x1 - x0), top + share * (bottom - top)]);
      figures.push({ height, keypoints, bbox: [middle - inside, top - RADIUS, 2 * inside, height] });
      break;
    }
  }
  canvas.noise(() => 8 * random.normal());
  return { data: canvas.data, figures };
}
