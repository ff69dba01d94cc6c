/** Writes scenes as a data set in COCO's format. The same numbers give the same bytes. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import cliProgress from 'cli-progress';
import sharp from 'sharp';
import { annotate, fileName, type Split, scene } from './dataset';
import { type PaintOptions, paintScene } from './paint';
import type { Scene } from './scene';

export interface DataOptions extends PaintOptions {
  readonly folder: string;
  readonly split: Split;
  readonly count: number;
  /** Number of the first scene. @defaultValue `0` */
  readonly first?: number;
}

/** Writes one split: pictures as `images/<split>-000001.jpg`, annotations as `<split>.json`. @returns the path of the annotations. */
export async function writeSplit({ folder, split, count, first = 0, ...paint }: DataOptions): Promise<string> {
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
  const scenes: Scene[] = [];
  for (let index = 0; index < count; index++) {
    const next = scene(first + index, split);
    await sharp(Buffer.from(paintScene(next, paint)))
      .jpeg({ quality: 90 })
      .toFile(join(folder, 'images', fileName(split, index)));
    scenes.push(next);
    bar.update(index + 1);
  }
  bar.stop();
  const path = join(folder, `${split}.json`);
  // Last, and under another name first: annotations that are there are complete.
  await writeFile(`${path}.part`, JSON.stringify(annotate(scenes, split)));
  await rename(`${path}.part`, path);
  return path;
}
