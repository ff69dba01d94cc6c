import sharp from 'sharp';
import { expect, test } from 'vitest';
import { drawPoses } from './draw-poses';

const size = { width: 80, height: 60 };
const picture = sharp({ create: { ...size, channels: 3, background: '#606060' } });
const point = (name: string, x: number, score: number) => ({ name, x, y: 30, score });
const result = {
  ...size,
  poses: [
    {
      score: 0.8,
      box: [10, 30, 70, 30] as const,
      keypoints: [point('a', 10, 0.9), point('b', 70, 0.9), point('c', 40, 0.05)],
    },
  ],
};

async function pixel(options: Parameters<typeof drawPoses>[3], x: number, y: number) {
  const edges = [[0, 1]] as const;
  const { data } = await sharp(await drawPoses(picture, result, { edges }, options))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return [...data.subarray(3 * (y * 80 + x), 3 * (y * 80 + x) + 3)];
}
const GREY = [0x60, 0x60, 0x60];

test('limbs between keypoints that are sure enough', async () => {
  expect(await pixel({}, 40, 30)).not.toEqual(GREY);
  expect(await pixel({}, 40, 40)).toEqual(GREY);
  expect(await pixel({ keypointThreshold: 0.95 }, 40, 30)).toEqual(GREY);
  expect(await pixel({ keypointThreshold: 0.95 }, 10, 30)).toEqual(GREY);
});
