/** Data that is made on the spot: four pictures of 96 x 96 with one thing in each, annotations, and a training of a tiny network on them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import sharp from 'sharp';
import type { EndToEnd } from './end-to-end';

interface Place {
  readonly x: number;
  readonly y: number;
}

/** Writes images/, gt.json. */
async function makeData(
  path: EndToEnd['path'],
  thing: { readonly width: number; readonly colours: readonly string[]; readonly category: object },
  more: (place: Place) => object,
): Promise<void> {
  mkdirSync(path('images'));
  const images: object[] = [];
  const annotations: object[] = [];
  for (let i = 0; i < 4; i++) {
    const place = { x: 8 + 10 * i, y: 40 - 8 * i };
    const width = thing.width / thing.colours.length;
    const parts = thing.colours.map((background, part) => ({
      input: { create: { width, height: 30, channels: 3 as const, background } },
      left: place.x + part * width,
      top: place.y,
    }));
    await sharp({ create: { width: 96, height: 96, channels: 3, background: '#606060' } })
      .composite(parts)
      .png()
      .toFile(path('images', `${i}.png`));
    images.push({ id: i + 1, file_name: `${i}.png`, width: 96, height: 96 });
    annotations.push({
      ...{ id: i + 1, image_id: i + 1, category_id: 7, bbox: [place.x, place.y, thing.width, 30] },
      ...{ area: thing.width * 30, iscrowd: 0, ...more(place) },
    });
  }
  writeFileSync(path('gt.json'), JSON.stringify({ images, annotations, categories: [{ id: 7, ...thing.category }] }));
}

const DATA = `data:
  train: { annotations: gt.json, images: images }
  val: { annotations: gt.json, images: images }`;

/** Red squares, and train.yaml. @param dilations - a line of `model`. */
export async function makeSquares(path: EndToEnd['path'], dilations: string): Promise<void> {
  await makeData(path, { width: 30, colours: ['#e02020'], category: { name: 'square' } }, ({ x, y }) => ({
    segmentation: [[x, y, x + 30, y, x + 30, y + 30, x, y + 30]],
  }));
  writeFileSync(
    path('train.yaml'),
    `preset: small
model:
  backbone: { block: basic, blocks: [1, 1, 1, 1], width: 8 }
  ${dilations}
  config: { fpnChannels: 16, input: { minSize: 96, maxSize: 96 }, roi: { hidden: 16 } }
${DATA}
recipe: { epochs: 2, evaluateEvery: 1 }
output: run
`,
  );
}

/** Signs with a red left half and a blue right half, whose middles are the keypoints; and train.yaml. */
export async function makeSigns(path: EndToEnd['path'], dilations: string): Promise<void> {
  const category = { name: 'sign', keypoints: ['left_half', 'right_half'], skeleton: [[1, 2]] };
  await makeData(path, { width: 40, colours: ['#e02020', '#2020e0'], category }, ({ x, y }) => ({
    keypoints: [x + 10, y + 15, 2, x + 30, y + 15, 2],
    num_keypoints: 2,
  }));
  writeFileSync(
    path('train.yaml'),
    `preset: small
model:
  backbone: { block: basic, blocks: [1, 1, 1, 1], width: 16 }
  ${dilations}
  config: { input: { size: 96 } }
${DATA}
recipe: { epochs: 40, evaluateEvery: 20, augment: { flip: 0 }, warmUpSteps: 5 }
output: run
`,
  );
}
