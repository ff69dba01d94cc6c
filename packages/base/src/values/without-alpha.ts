/**
 * RGB of RGBA pixels over a background.
 *
 * @param rgba - 8 bits, alpha not multiplied in. @param background - R, G, B from 0 to 255. @returns 3 bytes a pixel.
 */
export function withoutAlpha(rgba: ArrayLike<number>, background: readonly number[]): Uint8Array<ArrayBuffer> {
  const pixels = rgba.length / 4;
  const rgb = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[i * 4 + 3]! / 255;
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = Math.round(alpha * rgba[i * 4 + c]! + (1 - alpha) * background[c]!);
  }
  return rgb;
}
