/**
 * Affine maps of continuous coordinates: pixel i covers [i, i + 1], as everywhere in this project. A map [a, b, c, d, e, f] takes (x, y) to
 * (a x + b y + c, d x + e y + f).
 */
import type { AffineMap } from '@icconv/tensor-ops';

export const IDENTITY: AffineMap = [1, 0, 0, 0, 1, 0];

export const scaling = (x: number, y: number): AffineMap => [x, 0, 0, 0, y, 0];
export const translation = (x: number, y: number): AffineMap => [1, 0, x, 0, 1, y];
/** Clockwise on the screen, where y points down. */
export function rotation(degrees: number): AffineMap {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [cos, -sin, 0, sin, cos, 0];
}
/** Left and right of a picture of this width exchanged. */
export const mirror = (width: number): AffineMap => [-1, 0, width, 0, 1, 0];

/** The maps one after the other, the first one first. */
export function chain(...maps: readonly AffineMap[]): AffineMap {
  return maps.reduce((first, [a, b, c, d, e, f]) => {
    const [p, q, r, s, t, u] = first;
    return [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f] as const;
  });
}

export function inverse([a, b, c, d, e, f]: AffineMap): AffineMap {
  const determinant = a * e - b * d;
  // Positive zeros: the sampler takes a map for axis-aligned by comparing with 0.
  const [A, B, D, E] = [e / determinant, -b / determinant + 0, -d / determinant + 0, a / determinant];
  return [A, B, -(A * c + B * f), D, E, -(D * c + E * f)];
}

export const apply = ([a, b, c, d, e, f]: AffineMap, x: number, y: number): [number, number] => [
  a * x + b * y + c,
  d * x + e * y + f,
];

/** True when upright boxes stay upright. */
export const isAxisAligned = ([, b, , d]: AffineMap): boolean => b === 0 && d === 0;
