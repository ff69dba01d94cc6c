/** What all scenes have in common. */
import type { Random } from '@icconv/training';
import type { Point } from './canvas';

export interface SceneOptions {
  /** Height and width of the picture. */
  readonly side: number;
  /** Least and largest height of an object. All of one picture are of about one height, so that a picture has a class of size. */
  readonly heights: readonly [number, number];
  /** Fewest and most objects. */
  readonly count: readonly [number, number];
}

export interface KeypointFigure {
  readonly height: number;
  readonly keypoints: readonly Point[];
  /** x, y, width, height of what is drawn. */
  readonly bbox: readonly [number, number, number, number];
}

export interface KeypointScene {
  /** RGB, row by row. */
  readonly data: Uint8Array;
  readonly figures: readonly KeypointFigure[];
}

/** By a tenth, heights in one picture differ. */
const ALIKE = 0.9;

/** Draws heights for one picture: its largest is log-uniform over the whole range. */
export function heightsOf([least, most]: SceneOptions['heights'], random: Random): () => number {
  const largest = least * (most / least) ** random.next();
  return () => Math.max(least, largest * random.uniform(ALIKE, 1));
}
