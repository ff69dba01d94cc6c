/** Writes scenes as a data set in COCO's format. The same numbers give the same bytes. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import cliProgress from 'cli-progress';
import sharp from 'sharp';
import { annotate, scene } from './dataset';
import type { Split } from './glyphs';
import type { SceneObject, SceneOptions } from './scene';

export interface DataOptions {
  readonly folder: string;
  readonly split: Split;
  readonly count: number;
  /** Number of the first scene. @defaultValue `0` */
  readonly first?: number;
  /** Sizes and number of digits. */
  readonly scene?: Omit<SceneOptions, 'split'>;
}

/** Writes one split: pictures as `images/<split>-000001.png`, annotations as `<split>.json`. @returns the path of the annotations. */
export async function writeSplit({ folder, split, count, first = 0, scene: more }: DataOptions): Promise<string> {
  await mkdir(join(folder, 'images'), { recursive: true });
  const bar = new cliProgress.SingleBar(
    {
      format: `${split} [{bar}] {value}/{total} scenes, {eta_formatted} left`,
      stream: process.stderr,
      hideCursor: true,
    },
    cliProgress.Presets.shades_grey,
  );
  bar.start(count, 0);
  const scenes: { width: number; height: number; objects: readonly SceneObject[] }[] = [];
  for (let index = 0; index < count; index++) {
    const { data, width, height, objects } = scene(first + index, { ...more, split });
    const png = sharp(data, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 3 });
    await png.toFile(join(folder, 'images', `${split}-${String(index + 1).padStart(6, '0')}.png`));
    scenes.push({ width, height, objects });
    bar.update(index + 1);
  }
  bar.stop();
  const annotations = annotate(scenes);
  const images = annotations.images.map((image) => ({ ...image, file_name: `${split}-${image.file_name}` }));
  const path = join(folder, `${split}.json`);
  // Last, and under another name first: annotations that are there are complete.
  await writeFile(`${path}.part`, JSON.stringify({ ...annotations, images }));
  await rename(`${path}.part`, path);
  return path;
}
