/** A data set of coloured rectangles on noise, written as pictures and COCO annotations. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CocoDataset } from '@icconv/coco';
import type { CocoData } from '@icconv/coco/node';
import { seededRandom } from '@icconv/training';
import sharp from 'sharp';
import { fasterRcnnConfig } from '../../src';

export interface BoxesOptions {
  readonly pictures: number;
  /** Ids of the categories; gaps are allowed. The n-th has its own colour. */
  readonly categoryIds?: readonly number[];
  /** Pictures (by number) without any object. */
  readonly empty?: readonly number[];
  /** Categories that no object has. */
  readonly unseen?: readonly number[];
  readonly seed?: string;
  /** All pictures have the boxes of the first, and noise of their own. */
  readonly alike?: boolean;
  /** Height and width, by number in turns. @defaultValue squares */
  readonly sizes?: readonly (readonly [height: number, width: number])[];
}

const COLOURS = [
  [230, 40, 40],
  [40, 60, 230],
  [40, 200, 60],
] as const;
const SIDE = 96;

export async function boxesData(folder: string, options: BoxesOptions): Promise<CocoData> {
  const {
    pictures,
    categoryIds = [1, 2],
    empty = [],
    unseen = [],
    seed = 'boxes',
    sizes = [[SIDE, SIDE]],
    alike,
  } = options;
  mkdirSync(folder, { recursive: true });
  const used = categoryIds.filter((id) => !unseen.includes(id));
  const images: object[] = [];
  const annotations: object[] = [];
  for (let i = 0; i < pictures; i++) {
    const [rows, columns] = sizes[i % sizes.length]!;
    const noise = seededRandom(seed, i);
    const data = Uint8Array.from({ length: rows * columns * 3 }, () => 100 + noise.below(60));
    const random = alike ? seededRandom(seed, 'boxes') : noise;
    for (let n = empty.includes(i) ? 0 : 1 + random.below(3); n > 0; n--) {
      const [width, height] = [16 + random.below(40), 16 + random.below(40)];
      const [x, y] = [random.below(columns - width), random.below(rows - height)];
      const id = used[random.below(used.length)]!;
      const colour = COLOURS[categoryIds.indexOf(id)]!;
      for (let row = y; row < y + height; row++)
        for (let column = x; column < x + width; column++) data.set(colour, (row * columns + column) * 3);
      annotations.push({
        id: annotations.length + 1,
        image_id: i + 1,
        category_id: id,
        bbox: [x, y, width, height],
        area: width * height,
        iscrowd: 0,
      });
    }
    const file_name = `${i}.png`;
    await sharp(data, { raw: { width: columns, height: rows, channels: 3 } })
      .png()
      .toFile(join(folder, file_name));
    images.push({ id: i + 1, file_name, width: columns, height: rows });
  }
  const categories = categoryIds.map((id) => ({ id, name: `colour ${id}` }));
  return { dataset: CocoDataset.parse({ images, categories, annotations } as never), folder };
}

/** A detector that trains in milliseconds a step. */
export function tinyConfig(classes: number) {
  const base = fasterRcnnConfig({ backbone: { block: 'basic', blocks: [1, 1, 1, 1], width: 8 }, classes });
  return {
    ...base,
    fpnChannels: 16,
    input: { ...base.input, minSize: SIDE, maxSize: SIDE },
    rpn: {
      ...base.rpn,
      anchors: { sizes: [[16], [24], [36], [54], [80]], ratios: [1], rounded: false },
      train: { ...base.rpn.train, preNmsTopN: 100, postNmsTopN: 50 },
      test: { ...base.rpn.test, preNmsTopN: 100, postNmsTopN: 50 },
      sampler: { perImage: 64, foregroundShare: 0.5 },
    },
    roi: {
      ...base.roi,
      aligned: true,
      hidden: 32,
      levelRule: { canonicalSize: 24, canonicalLevel: 0, levels: 4, epsilon: 1e-6 },
      sampler: { perImage: 32, foregroundShare: 0.25 },
    },
  };
}
