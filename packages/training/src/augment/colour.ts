/** Changes of colour as one 3x4 matrix on RGB of 0 to 255, row-major: what `imageBatch` takes. */
import type { Random } from '../random/random';
import type { ColourConfig } from './config';

export type ColourMatrix = readonly number[];

const LUMA = [0.299, 0.587, 0.114] as const;

/**
 * Draws brightness, contrast, saturation and hue and applies them in this order; the parts are those of torchvision's ColorJitter, except
 * that values are clamped once at the end and hue is turned in the YIQ plane, which keeps the luma.
 *
 * @param meanGrey - mean grey of the picture, which contrast keeps.
 */
export function drawColour(config: ColourConfig, meanGrey: number, random: Random): ColourMatrix | undefined {
  const { brightness = 0, contrast = 0, saturation = 0, hue = 0, probability = 1 } = config;
  // Every number is drawn always, so that one setting does not change the chance of the others.
  const applies = random.next() < probability;
  const factor = (spread: number) => random.uniform(1 - spread, 1 + spread);
  const [light, depth, vivid] = [factor(brightness), factor(contrast), factor(saturation)];
  const turn = random.uniform(-hue, hue);
  if (!applies) return undefined;
  const matrix = [
    affine((i, j) => (i === j ? light : 0)),
    affine((i, j) => (i === j ? depth : 0), (1 - depth) * light * meanGrey),
    affine((i, j) => (i === j ? vivid : 0) + (1 - vivid) * LUMA[j]!),
    hueTurn(turn),
  ].reduce(then);
  return matrix;
}

/** The share of a turn: 1/3 takes red to about green. */
export function hueTurn(turn: number): ColourMatrix {
  if (turn === 0) return affine((i, j) => (i === j ? 1 : 0));
  // YIQ by the primaries' luma; I and Q are turned, Y stays.
  const toYiq = [[...LUMA], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]];
  const [cos, sin] = [Math.cos(2 * Math.PI * turn), Math.sin(2 * Math.PI * turn)];
  const turned = [
    toYiq[0]!,
    toYiq[1]!.map((v, k) => cos * v - sin * toYiq[2]![k]!),
    toYiq[2]!.map((v, k) => sin * toYiq[1]![k]! + cos * v),
  ];
  const back = invert3(toYiq);
  return affine((i, j) => back[i]!.reduce((sum, v, k) => sum + v * turned[k]![j]!, 0));
}

const affine = (entry: (i: number, j: number) => number, shift = 0): ColourMatrix =>
  [0, 1, 2].flatMap((i) => [entry(i, 0), entry(i, 1), entry(i, 2), shift]);

function then(first: ColourMatrix, second: ColourMatrix): ColourMatrix {
  const at = (m: ColourMatrix, i: number, j: number) => m[i * 4 + j]!;
  return [0, 1, 2].flatMap((i) =>
    [0, 1, 2, 3].map((j) => {
      const sum = [0, 1, 2].reduce((total, k) => total + at(second, i, k) * at(first, k, j), 0);
      return j === 3 ? sum + at(second, i, 3) : sum;
    }),
  );
}

function invert3(m: readonly (readonly number[])[]): number[][] {
  const at = (i: number, j: number) => m[i % 3]![j % 3]!;
  const cofactor = (i: number, j: number) => at(i + 1, j + 1) * at(i + 2, j + 2) - at(i + 1, j + 2) * at(i + 2, j + 1);
  const determinant = [0, 1, 2].reduce((sum, j) => sum + at(0, j) * cofactor(0, j), 0);
  return [0, 1, 2].map((i) => [0, 1, 2].map((j) => cofactor(j, i) / determinant));
}
