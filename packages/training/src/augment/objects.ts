/** Annotated objects, moved by the same map as the pixels. */

import type { PictureSize } from '@icconv/base';
import type { AffineMap } from '@icconv/tensor-ops';
import { apply, inverse, isAxisAligned } from './geometry';
import type { PictureLayer, SamplePlan } from './plan';

export type Box = readonly [x1: number, y1: number, x2: number, y2: number];

/** 0 or another number a pixel, rows without gaps. */
export interface PixelMask extends PictureSize {
  readonly data: Uint8Array;
}

/** What moves with the pixels; other fields (label, crowd, id) go along unchanged. Coordinates are continuous pixels of the picture. */
export interface SampleObject {
  /** x1 y1 x2 y2. */
  readonly box?: Box;
  /** x, y, visibility of each keypoint; visibility 0 means not labelled. */
  readonly keypoints?: readonly number[];
  /** x, y, x, y, ... of each polygon. */
  readonly polygons?: readonly (readonly number[])[];
  /** As large as the picture. */
  readonly mask?: PixelMask;
}

export interface ObjectRules {
  /** Pairs of keypoints that exchange places when left and right do. @defaultValue none */
  readonly swapPairs?: readonly (readonly [number, number])[];
  /** Boxes whose width or height is less go, in pixels of the output. @defaultValue `1` */
  readonly minSize?: number;
  /**
   * Boxes of which less than this share of the area is left in view go: a sliver at the border shows nothing that could be recognised, and
   * would be learned as if it did. @defaultValue `0.1`
   */
  readonly minVisible?: number;
}

/**
 * Moves the objects of one picture.
 *
 * A box becomes the upright box around its turned corners, or, where the map turns and the object has polygons, around these. It is cut at
 * the border of the view and dropped when too little is left. Keypoints out of view count as not labelled. An object without a box stays as
 * long as it has a labelled keypoint, a polygon that reaches into view, or a pixel of its mask.
 *
 * @param size - of the picture: annotations that stick out of it are cut first.
 */
export function moveObjects<O extends SampleObject>(
  objects: readonly O[],
  layer: PictureLayer,
  size: PictureSize,
  output: PictureSize,
  rules: ObjectRules = {},
): O[] {
  const { swapPairs = [], minSize = 1, minVisible = 0.1 } = rules;
  const view = [layer.left, layer.top, layer.right, layer.bottom] as const;
  const moved: O[] = [];
  for (const object of objects) {
    const polygons = object.polygons?.map((polygon) => movePoints(polygon, layer.forward));
    const result: { -readonly [K in keyof SampleObject]: SampleObject[K] } = {};
    if (object.box !== undefined) {
      const whole = moveBox(object.box, layer.forward, size, polygons);
      const box = cut(whole, view);
      const visible = area(box) >= minVisible * area(whole);
      if (!(box[2] - box[0] >= minSize && box[3] - box[1] >= minSize && visible)) continue;
      result.box = box;
    }
    if (object.keypoints !== undefined) {
      result.keypoints = moveKeypoints(object.keypoints, layer, view, swapPairs);
    }
    if (polygons !== undefined) {
      result.polygons = polygons.map((polygon) => cutPolygon(polygon, view)).filter((polygon) => polygon.length >= 6);
    }
    if (object.mask !== undefined) result.mask = moveMask(object.mask, layer, output);
    if (object.box === undefined && !inView(result)) continue;
    moved.push({ ...object, ...result });
  }
  return moved;
}

/** Moves the objects of all pictures of a sample. @param sizes - of its pictures. */
export function moveSample<O extends SampleObject>(
  objects: readonly (readonly O[])[],
  plan: SamplePlan,
  sizes: readonly PictureSize[],
  rules: ObjectRules = {},
): O[] {
  return plan.layers.flatMap((layer) =>
    moveObjects(objects[layer.picture]!, layer, sizes[layer.picture]!, plan, rules),
  );
}

/** A mask in the output: the nearest pixel of the picture, 0 outside of it. */
export function moveMask(mask: PixelMask, layer: PictureLayer, { height, width }: PictureSize): PixelMask {
  const back = inverse(layer.forward);
  const data = new Uint8Array(height * width);
  for (let y = layer.top; y < layer.bottom; y++) {
    for (let x = layer.left; x < layer.right; x++) {
      const [sx, sy] = apply(back, x + 0.5, y + 0.5);
      const [column, row] = [Math.floor(sx), Math.floor(sy)];
      if (column < 0 || row < 0 || column >= mask.width || row >= mask.height) continue;
      data[y * width + x] = mask.data[row * mask.width + column]!;
    }
  }
  return { data, height, width };
}

function moveBox(box: Box, map: AffineMap, { height, width }: PictureSize, polygons?: readonly number[][]): Box {
  if (!isAxisAligned(map) && polygons !== undefined && polygons.some((polygon) => polygon.length >= 2)) {
    return bounds(polygons.flat());
  }
  const [x1, y1, x2, y2] = cut(box, [0, 0, width, height]);
  return bounds(movePoints([x1, y1, x2, y1, x2, y2, x1, y2], map));
}

function moveKeypoints(
  keypoints: readonly number[],
  layer: PictureLayer,
  view: Box,
  swapPairs: readonly (readonly [number, number])[],
): number[] {
  const moved = [...keypoints];
  for (let k = 0; k + 2 < keypoints.length; k += 3) {
    const [x, y] = apply(layer.forward, keypoints[k]!, keypoints[k + 1]!);
    const labelled = keypoints[k + 2]! > 0 && x >= view[0] && x < view[2] && y >= view[1] && y < view[3];
    moved.splice(k, 3, ...(labelled ? [x, y, keypoints[k + 2]!] : [0, 0, 0]));
  }
  if (layer.flipped) {
    for (const [i, j] of swapPairs) {
      const first = moved.slice(i * 3, i * 3 + 3);
      moved.splice(i * 3, 3, ...moved.slice(j * 3, j * 3 + 3));
      moved.splice(j * 3, 3, ...first);
    }
  }
  return moved;
}

function movePoints(points: readonly number[], map: AffineMap): number[] {
  const moved: number[] = [];
  for (let i = 0; i + 1 < points.length; i += 2) moved.push(...apply(map, points[i]!, points[i + 1]!));
  return moved;
}

/** Sutherland and Hodgman's cutting at the four sides of the view; exact for convex polygons, with bridges along the border for others. */
function cutPolygon(points: readonly number[], [x1, y1, x2, y2]: Box): number[] {
  const sides: [axis: 0 | 1, limit: number, sign: 1 | -1][] = [
    [0, x1, 1],
    [0, x2, -1],
    [1, y1, 1],
    [1, y2, -1],
  ];
  let polygon = [...points];
  for (const [axis, limit, sign] of sides) {
    const kept: number[] = [];
    const count = polygon.length / 2;
    for (let i = 0; i < count; i++) {
      const a = polygon.slice(i * 2, i * 2 + 2) as [number, number];
      const next = ((i + 1) % count) * 2;
      const b = polygon.slice(next, next + 2) as [number, number];
      const [depthA, depthB] = [sign * (a[axis] - limit), sign * (b[axis] - limit)];
      if (depthA >= 0) kept.push(...a);
      if (depthA >= 0 === depthB >= 0) continue;
      const share = depthA / (depthA - depthB);
      const crossing: [number, number] = [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
      crossing[axis] = limit;
      kept.push(...crossing);
    }
    polygon = kept;
  }
  return polygon;
}

function inView({ keypoints, polygons, mask }: SampleObject): boolean {
  if (keypoints?.some((v, i) => i % 3 === 2 && v > 0)) return true;
  if (polygons !== undefined && polygons.length > 0) return true;
  if (mask?.data.some((v) => v !== 0)) return true;
  return keypoints === undefined && polygons === undefined && mask === undefined;
}

const cut = ([x1, y1, x2, y2]: Box, [left, top, right, bottom]: Box): Box => [
  Math.min(Math.max(x1, left), right),
  Math.min(Math.max(y1, top), bottom),
  Math.min(Math.max(x2, left), right),
  Math.min(Math.max(y2, top), bottom),
];

const area = ([x1, y1, x2, y2]: Box) => Math.max(0, x2 - x1) * Math.max(0, y2 - y1);

function bounds(points: readonly number[]): Box {
  // One by one: a call takes some 10^5 arguments at most, and an outline may have more points.
  let [x1, y1, x2, y2] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (let i = 0; i + 1 < points.length; i += 2) {
    [x1, y1] = [Math.min(x1, points[i]!), Math.min(y1, points[i + 1]!)];
    [x2, y2] = [Math.max(x2, points[i]!), Math.max(y2, points[i + 1]!)];
  }
  return [x1, y1, x2, y2];
}
