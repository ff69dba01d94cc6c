/** Mask operations against pycocotools (tooling/reference/make_coco_masks.py): equal, not close. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  bboxIou,
  decodeRle,
  encodeMask,
  maskIou,
  mergeRles,
  rleArea,
  rleFromBbox,
  rleFromCoco,
  rleFromPolygon,
  rleToBbox,
  rleToCoco,
} from '../src/index';

const known = JSON.parse(readFileSync(new URL('./fixtures/masks.json', import.meta.url), 'utf8')) as {
  height: number;
  width: number;
  polygons: number[][];
  counts: string[];
  area: number[];
  bbox: number[][];
  boxes: number[][];
  boxCounts: string[];
  pixels: number[][];
  union: string[];
  intersection: string[];
  iscrowd: number[];
  iou: number[][];
  boxIscrowd: number[];
  boxIou: number[][];
};
const { height, width } = known;
const rle = (counts: string) => rleFromCoco({ size: [height, width], counts });
const rles = known.counts.map(rle);

test('polygons and boxes to run lengths', () => {
  expect(known.polygons.map((p) => rleToCoco(rleFromPolygon(p, height, width)).counts)).toEqual(known.counts);
  expect(known.boxes.map((b) => rleToCoco(rleFromBbox(b, height, width)).counts)).toEqual(known.boxCounts);
});

test('area and box', () => {
  expect(rles.map(rleArea)).toEqual(known.area);
  expect(rles.map(rleToBbox)).toEqual(known.bbox);
});

test('pixels there and back', () => {
  known.pixels.forEach((pixels, i) => {
    expect(Array.from(decodeRle(rles[i]!).data)).toEqual(pixels);
    expect(rleToCoco(encodeMask({ data: pixels, height, width })).counts).toBe(known.counts[i]);
  });
});

test('union and intersection', () => {
  known.union.forEach((counts, i) => {
    expect(rleToCoco(mergeRles(rles.slice(i * 4, i * 4 + 4))).counts).toBe(counts);
  });
  known.intersection.forEach((counts, i) => {
    expect(rleToCoco(mergeRles(rles.slice(i * 2, i * 2 + 2), { intersect: true })).counts).toBe(counts);
  });
});

test('overlap of masks and boxes, with crowds', () => {
  const masks = maskIou(rles.slice(0, 30), rles.slice(30), { iscrowd: known.iscrowd });
  expect(Array.from(masks)).toEqual(known.iou.flat());
  const boxes = bboxIou(known.boxes.slice(0, 6).flat(), known.boxes.slice(6).flat(), { iscrowd: known.boxIscrowd });
  expect(Array.from(boxes)).toEqual(known.boxIou.flat());
});
