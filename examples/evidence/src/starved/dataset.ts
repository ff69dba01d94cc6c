/** Scenes as data sets in COCO's format: keypoints for pose, boxes for detection. */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeAtomically } from '@icconv/base/files';
import { type CocoData, loadDataset } from '@icconv/coco/node';
import sharp from 'sharp';
import { FLAGS, makeBoats } from './boats';
import { CLOAK_KEYPOINTS, makeCloaks } from './cloaks';
import { makeGates } from './gates';
import { makePuppets, PUPPET_KEYPOINTS } from './puppets';
import type { SceneOptions } from './scene';

export type Split = 'train' | 'test';
/** What is to be seen: puppets and cloaks have keypoints, boats and gates have boxes. */
export type SceneKind = 'puppets' | 'cloaks' | 'boats' | 'gates';

/** Seeds of the two splits lie far apart. */
const FIRST_SEED: Record<Split, number> = { train: 1_000_000, test: 9_000_000 };
/** Falloff of all keypoints for OKS: between those of COCO's ears (0.035) and wrists (0.062). */
const SIGMA = 0.05;
const CLASSES = Object.keys(FLAGS) as (keyof typeof FLAGS)[];

const keypoints = (name: string, names: readonly string[]) => [
  { id: 1, name, keypoints: names, sigmas: names.map(() => SIGMA) },
];
const CATEGORIES: Record<SceneKind, readonly object[]> = {
  puppets: keypoints('puppet', PUPPET_KEYPOINTS),
  cloaks: keypoints('figure', CLOAK_KEYPOINTS),
  gates: [{ id: 1, name: 'gate' }],
  boats: CLASSES.map((name, i) => ({ id: i + 1, name })),
};

/** COCO's measure of an object's size, in squares of its height: by it the height can be told. */
const FILLED = 0.4;
const areaOf = (height: number) => FILLED * height ** 2;
export const heightOfArea = (area: number): number => Math.sqrt(area / FILLED);

interface Picture {
  readonly data: Uint8Array;
  readonly objects: readonly object[];
}

/** The scene of a seed: pixels, and what is annotated in it. */
export function pictureOf(seed: number, { kind, ...scene }: SceneOptions & { readonly kind: SceneKind }): Picture {
  if (kind === 'gates') {
    const { data, gates } = makeGates(seed, scene);
    return { data, objects: gates.map(({ height, bbox }) => ({ category_id: 1, bbox, area: areaOf(height) })) };
  }
  if (kind !== 'boats') {
    const { data, figures } = kind === 'puppets' ? makePuppets(seed, scene) : makeCloaks(seed, scene);
    const objects = figures.map(({ height, keypoints, bbox }) => ({
      category_id: 1,
      bbox,
      area: areaOf(height),
      keypoints: keypoints.flatMap(([x, y]) => [x, y, 2]),
      num_keypoints: keypoints.length,
    }));
    return { data, objects };
  }
  const { data, boats } = makeBoats(seed, scene);
  const objects = boats.map(({ height, flag, bbox }) => ({
    category_id: 1 + CLASSES.indexOf(flag),
    bbox,
    area: areaOf(height),
  }));
  return { data, objects };
}

/** Opens a split, and writes it first where it is not there. The same options give the same files. */
export async function openSplit(
  folder: string,
  split: Split,
  count: number,
  scene: Parameters<typeof pictureOf>[1],
): Promise<CocoData> {
  const images = join(folder, 'images');
  const path = join(folder, `${split}.json`);
  if (!existsSync(path)) {
    await mkdir(images, { recursive: true });
    const { side } = scene;
    const listed: object[] = [];
    const annotations: object[] = [];
    for (let id = 1; id <= count; id++) {
      const { data, objects } = pictureOf(FIRST_SEED[split] + id, scene);
      const file_name = `${split}-${id}.png`;
      const png = sharp(data, { raw: { width: side, height: side, channels: 3 } }).png({ compressionLevel: 1 });
      await png.toFile(join(images, file_name));
      listed.push({ id, file_name, width: side, height: side });
      for (const one of objects) annotations.push({ id: annotations.length + 1, image_id: id, iscrowd: 0, ...one });
    }
    // Last: annotations that are there are complete.
    await writeAtomically(path, JSON.stringify({ images: listed, categories: CATEGORIES[scene.kind], annotations }));
  }
  return { dataset: await loadDataset(path), folder: images };
}
