import type { Field } from './field';

/** From nothing to the strongest influence: dark violet, red, yellow, as R, G, B. */
const RAMP = [
  [24, 15, 61],
  [114, 31, 129],
  [205, 64, 113],
  [251, 136, 97],
  [252, 253, 191],
] as const;

/** The field as heat over the dimmed picture. */
export function drawField(canvas: HTMLCanvasElement, picture: ImageBitmap, { height, width, map }: Field): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  context.drawImage(picture, 0, 0, width, height);
  const image = context.getImageData(0, 0, width, height);
  const { data } = image;
  map.forEach((value, i) => {
    // The root shows what is weak, too.
    const heat = Math.sqrt(value);
    const grey = (data[4 * i]! + data[4 * i + 1]! + data[4 * i + 2]!) / 3;
    const opacity = Math.min(1, 0.55 + heat);
    const colour = shade(heat);
    for (let c = 0; c < 3; c++) data[4 * i + c] = (1 - opacity) * grey * 0.6 + opacity * colour[c]!;
  });
  context.putImageData(image, 0, 0);
}

function shade(value: number): readonly number[] {
  const at = value * (RAMP.length - 1);
  const low = Math.min(RAMP.length - 2, Math.floor(at));
  return RAMP[low]!.map((from, c) => from + (at - low) * (RAMP[low + 1]![c]! - from));
}
