/** Boxes and polygons cut off at the border of their picture. */
import type { PictureSize } from '@icconv/base';
import type { ObjectBox } from '../data/object-box';

/** Pixels that count as rounding: COCO writes hundredths. */
const ROUNDING = 0.02;

/** The part of a box that lies in the picture, and whether more than rounding was cut off; undefined where nothing is left, or was. */
export function clipBox(
  [x, y, w, h]: readonly number[] | ObjectBox,
  { width, height }: PictureSize,
): { readonly box: ObjectBox; readonly clipped: boolean } | undefined {
  const [left, top, right, bottom] = [x!, y!, x! + w!, y! + h!];
  const inside = left >= 0 && top >= 0 && right <= width && bottom <= height;
  if (inside && w! > 0 && h! > 0) return { box: [x!, y!, w!, h!], clipped: false };
  const [l, t, r, b] = [Math.max(left, 0), Math.max(top, 0), Math.min(right, width), Math.min(bottom, height)];
  if (!(r > l) || !(b > t)) return undefined;
  const cut = Math.max(l - left, t - top, right - r, bottom - b);
  return { box: [l, t, r - l, b - t], clipped: cut > ROUNDING };
}

/** The part of a polygon that lies in the picture (Sutherland and Hodgman, edge by edge), and whether more than rounding was cut off. */
export function clipPolygon(
  polygon: readonly number[],
  { width, height }: PictureSize,
): { readonly polygon: readonly number[]; readonly clipped: boolean } {
  let cut = 0;
  for (let i = 0; i < polygon.length; i++) {
    cut = Math.max(cut, -polygon[i]!, polygon[i]! - (i % 2 === 0 ? width : height));
  }
  if (cut === 0) return { polygon, clipped: false };
  let points: (readonly [number, number])[] = [];
  for (let i = 0; i + 1 < polygon.length; i += 2) points.push([polygon[i]!, polygon[i + 1]!]);
  for (const [axis, sign, limit] of [
    [0, -1, 0],
    [0, 1, width],
    [1, -1, 0],
    [1, 1, height],
  ] as const) {
    const beyond = (point: readonly [number, number]) => sign * (point[axis] - limit);
    points = points.flatMap((point, i) => {
      const before = points.at(i - 1)!;
      const [from, to] = [beyond(before), beyond(point)];
      if (from > 0 === to > 0) return to > 0 ? [] : [point];
      const t = from / (from - to);
      const other = before[1 - axis]! + t * (point[1 - axis]! - before[1 - axis]!);
      const crossing = axis === 0 ? ([limit, other] as const) : ([other, limit] as const);
      return to > 0 ? [crossing] : [crossing, point];
    });
  }
  return { polygon: points.flat(), clipped: cut > ROUNDING };
}
