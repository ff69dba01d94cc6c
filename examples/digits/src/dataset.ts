/** A set of scenes in COCO's format. */
import type { Split } from './glyphs';
import { makeScene, type Scene, type SceneObject, type SceneOptions } from './scene';

export const CATEGORIES = Array.from({ length: 10 }, (_, digit) => ({ id: digit + 1, name: String(digit) }));

/** Seeds of the two splits lie far apart. */
const FIRST_SEED: Record<Split, number> = { train: 1_000_000, test: 9_000_000 };

export interface CocoInstances {
  readonly images: { id: number; file_name: string; width: number; height: number }[];
  readonly categories: typeof CATEGORIES;
  readonly annotations: {
    id: number;
    image_id: number;
    category_id: number;
    bbox: [number, number, number, number];
    area: number;
    iscrowd: 0;
  }[];
}

/** The scene number `index` of a split. */
export function scene(index: number, options: SceneOptions): Scene {
  return makeScene(FIRST_SEED[options.split] + index, options);
}

/** Annotations of the first scenes of a split; image ids are index + 1. */
export function annotate(
  scenes: readonly { readonly width: number; readonly height: number; readonly objects: readonly SceneObject[] }[],
): CocoInstances {
  const annotations: CocoInstances['annotations'] = [];
  scenes.forEach(({ objects }, index) => {
    for (const { digit, bbox } of objects) {
      annotations.push({
        id: annotations.length + 1,
        image_id: index + 1,
        category_id: digit + 1,
        bbox: [...bbox],
        area: bbox[2] * bbox[3],
        iscrowd: 0,
      });
    }
  });
  const images = scenes.map(({ width, height }, index) => ({
    id: index + 1,
    file_name: `${String(index + 1).padStart(6, '0')}.png`,
    width,
    height,
  }));
  return { images, categories: CATEGORIES, annotations };
}
