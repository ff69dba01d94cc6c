/** A set of scenes as COCO keypoint annotations. */
import { extent, limbRadius } from './figure';
import { makeScene, type PlacedFigure, type Scene, SIDE } from './scene';
import { CATEGORY } from './skeleton';

export type Split = 'train' | 'test';

/** Seeds of the two splits lie far apart. */
const FIRST_SEED: Record<Split, number> = { train: 1_000_000, test: 9_000_000 };
/** The drawn body fills about half of the box about its keypoints; COCO's area is the body's. */
const FILLED = 0.5;

type Box = [x: number, y: number, width: number, height: number];

export interface CocoKeypoints {
  readonly info: { readonly description: string };
  readonly images: { id: number; file_name: string; width: number; height: number }[];
  readonly categories: readonly (typeof CATEGORY)[];
  readonly annotations: {
    id: number;
    image_id: number;
    category_id: 1;
    /** x, y, flag of each keypoint; 0, 0, 0 outside of the frame. */
    keypoints: number[];
    num_keypoints: number;
    /** About the whole drawn body, hidden parts too, cut to the frame. */
    bbox: Box;
    /** Half the box about the keypoints in the frame, widened by the radius of a leg. */
    area: number;
    iscrowd: 0;
  }[];
}

/** The scene number `index` of a split. */
export function scene(index: number, split: Split): Scene {
  return makeScene(FIRST_SEED[split] + index);
}

/** Annotations of the scenes; image ids are index + 1. */
export function annotate(scenes: readonly Scene[], split: Split): CocoKeypoints {
  const annotations = scenes.flatMap(({ figures }, index) =>
    figures.map((placed) => ({ image_id: index + 1, ...annotateFigure(placed) })),
  );
  return {
    info: { description: 'Synthetic: drawn figures with random poses, no photographs and no people' },
    images: scenes.map((_, index) => ({ id: index + 1, file_name: fileName(split, index), width: SIDE, height: SIDE })),
    categories: [CATEGORY],
    annotations: annotations.map((annotation, index) => ({ id: index + 1, ...annotation })),
  };
}

export function fileName(split: Split, index: number): string {
  return `${split}-${String(index + 1).padStart(6, '0')}.jpg`;
}

function annotateFigure({ figure, visibility }: PlacedFigure) {
  const inside = figure.keypoints.filter((_, index) => visibility[index] !== 0);
  const radius = limbRadius(figure.height);
  const [xs, ys] = [inside.map(([x]) => x), inside.map(([, y]) => y)];
  const tight = clip(
    Math.min(...xs) - radius,
    Math.min(...ys) - radius,
    Math.max(...xs) + radius,
    Math.max(...ys) + radius,
  );
  return {
    category_id: 1 as const,
    keypoints: figure.keypoints.flatMap(([x, y], index) => {
      const flag = visibility[index]!;
      return flag === 0 ? [0, 0, 0] : [round(x), round(y), flag];
    }),
    num_keypoints: inside.length,
    bbox: clip(...extent(figure)),
    area: round(FILLED * tight[2] * tight[3]),
    iscrowd: 0 as const,
  };
}

function clip(x0: number, y0: number, x1: number, y1: number): Box {
  const [left, top] = [round(Math.max(0, x0)), round(Math.max(0, y0))];
  return [left, top, round(Math.min(SIDE, x1) - left), round(Math.min(SIDE, y1) - top)];
}

/** Down to hundredths of a pixel: a point inside of the frame stays inside. */
function round(value: number): number {
  return Math.floor(value * 100) / 100;
}
