/** A data set of painted pictures. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CocoDataset } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import sharp from 'sharp';
import { type PaintedPicture, painted } from './painted';

/** Two people a picture, of three sizes in turns. */
const PICTURES: readonly PaintedPicture[] = [
  [96, 128],
  [128, 96],
  [96, 150],
].flatMap(([height, width], i) => [
  {
    height: height!,
    width: width!,
    people: [
      [20 + 3 * i, 25, 45, 40 + 2 * i, 60],
      [70, 60 - 3 * i, 85, 75, 200],
    ],
  },
  { height: height!, width: width!, people: [[40, 30 + 5 * i, 75 - i, 70, 140]] },
]);

/** Written as pictures. @param keypoints - names of the two. */
export async function paintedData(folder: string, keypoints: readonly string[]): Promise<CocoData> {
  mkdirSync(folder, { recursive: true });
  const images = await Promise.all(
    PICTURES.map(async (picture, i) => {
      const { data, width, height } = painted(picture);
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toFile(join(folder, `${i}.png`));
      return { id: i + 1, file_name: `${i}.png`, width, height };
    }),
  );
  const annotations = PICTURES.flatMap(({ people }, i) =>
    people.map(([x0, y0, x1, y1]) => {
      const [x, y, w, h] = [Math.min(x0, x1) - 5, Math.min(y0, y1) - 5, Math.abs(x1 - x0) + 10, Math.abs(y1 - y0) + 10];
      const keypoints = [x0, y0, 2, x1, y1, 2];
      return {
        image_id: i + 1,
        category_id: 1,
        keypoints,
        num_keypoints: 2,
        bbox: [x, y, w, h],
        area: w * h,
        iscrowd: 0,
      };
    }),
  ).map((annotation, i) => ({ ...annotation, id: i + 1 }));
  const categories = [{ id: 1, name: 'person', keypoints, skeleton: [[1, 2]] }];
  return { dataset: CocoDataset.parse({ images, annotations, categories } as never), folder };
}
