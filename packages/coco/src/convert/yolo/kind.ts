/** Which kind of rows a data set has, where nobody says. */
import type { KeypointShape, YoloDataset, YoloKind } from './types';

export interface Layout {
  readonly kind: YoloKind;
  /** For poses. */
  readonly shape?: KeypointShape;
}

const DETECT_LENGTH = 5;
/** A row of nine numbers is a polygon of four corners, or an oriented box; as a pose of two keypoints it must be declared. */
const LEAST_POSE_LENGTH = 11;

/**
 * A data set has rows of one kind. Poses are told from polygons by the length that all their rows share, by visibilities that are 0, 1 or
 * 2, and, without visibilities, by keypoints that lie in the box where the row, read as a polygon, crosses itself.
 *
 * @param rows - without scores.
 */
export function layoutOf(
  rows: readonly (readonly number[])[],
  { kind, keypointShape }: Pick<YoloDataset, 'kind' | 'keypointShape'>,
): Layout {
  if (keypointShape !== undefined && (kind ?? 'pose') === 'pose') return { kind: 'pose', shape: keypointShape };
  const shape = kind === undefined || kind === 'pose' ? poseShape(rows, kind === 'pose') : undefined;
  if (shape !== undefined) return { kind: 'pose', shape };
  if (kind !== undefined) return { kind };
  return { kind: rows.some(({ length }) => length > DETECT_LENGTH + 1) ? 'segment' : 'detect' };
}

/** @param declared - they are poses for sure. */
function poseShape(rows: readonly (readonly number[])[], declared: boolean): KeypointShape | undefined {
  const { length = 0 } = rows[0] ?? [];
  if (length <= DETECT_LENGTH || rows.some((row) => row.length !== length)) return undefined;
  const numbers = length - DETECT_LENGTH;
  if (numbers % 3 === 0 && rows.every(hasVisibilities)) {
    const polygonToo = length % 2 === 1 && rows.every((row) => row.every((value, i) => i === 0 || value <= 1));
    if (declared || !polygonToo || rows.every((row) => keypointsInBox(row, 3))) return [numbers / 3, 3];
  }
  if (numbers % 2 !== 0) return undefined;
  if (declared) return [numbers / 2, 2];
  const looksSo =
    length >= LEAST_POSE_LENGTH && rows.every((row) => keypointsInBox(row, 2)) && rows.some(crossesItself);
  return looksSo ? [numbers / 2, 2] : undefined;
}

function hasVisibilities(row: readonly number[]): boolean {
  for (let i = DETECT_LENGTH + 2; i < row.length; i += 3) if (![0, 1, 2].includes(row[i]!)) return false;
  return true;
}

/** Rounding may put a keypoint on the edge a little beyond it. */
const MARGIN = 0.01;

function keypointsInBox(row: readonly number[], numbers: 2 | 3): boolean {
  const [, cx, cy, w, h] = row as readonly [number, number, number, number, number];
  for (let i = DETECT_LENGTH; i < row.length; i += numbers) {
    const [x, y] = [row[i]!, row[i + 1]!];
    if (numbers === 3 ? row[i + 2] === 0 : x === 0 && y === 0) continue;
    if (Math.abs(x - cx) > w / 2 + MARGIN || Math.abs(y - cy) > h / 2 + MARGIN) return false;
  }
  return true;
}

/** Two edges of the row, read as a polygon, cross each other. */
function crossesItself(row: readonly number[]): boolean {
  const n = (row.length - 1) / 2;
  const side = (a: number, b: number, c: number) => {
    const [ax, ay] = [row[1 + 2 * a]!, row[2 + 2 * a]!];
    return Math.sign((row[1 + 2 * b]! - ax) * (row[2 + 2 * c]! - ay) - (row[2 + 2 * b]! - ay) * (row[1 + 2 * c]! - ax));
  };
  for (let i = 0; i < n; i++) {
    for (let j = i + 2; j < n; j++) {
      const [i2, j2] = [(i + 1) % n, (j + 1) % n];
      if (i === j2) continue;
      if (side(i, i2, j) * side(i, i2, j2) < 0 && side(j, j2, i) * side(j, j2, i2) < 0) return true;
    }
  }
  return false;
}

/** For reports and messages. */
export function describeLayout({ kind, shape }: Layout, score = ''): string {
  switch (kind) {
    case 'detect':
      return `class cx cy w h${score}`;
    case 'segment':
      return `class and three corners x y or more${score}`;
    case 'obb':
      return `class and four corners x y${score}`;
    case 'pose': {
      if (shape === undefined) return `class cx cy w h and keypoints x y or x y v, as many in every row${score}`;
      const [count, numbers] = shape;
      return `class cx cy w h and ${count} keypoints ${numbers === 3 ? 'x y v' : 'x y'}${score}`;
    }
  }
}
