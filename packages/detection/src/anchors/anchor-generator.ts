/**
 * Anchors: reference boxes of given sizes and aspect ratios, centered on every cell of every pyramid level.
 *
 * Letters: A anchors a cell, H x W cells of a level. Order within a level: row, column, anchor (sizes before ratios), which is the
 * order of a head's output [N, H, W, A] flattened. Source: Ren et al., "Faster R-CNN", NIPS 2015, section 3.1.1.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { AnchorConfig } from '../config/faster-rcnn-config';

/** Anchors of a cell, A for each level; the same number on every level. */
export function anchorsPerCell(config: AnchorConfig): number {
  return config.sizes[0]!.length * config.ratios.length;
}

/** Anchors around the origin of one level, A rows x1 y1 x2 y2. */
export function cellAnchors(config: AnchorConfig, level: number): number[][] {
  // In float32, as the references compute them: before rounding, 22.627417 and 22.62741699 can differ by a pixel.
  const f = Math.fround;
  const rows: number[][] = [];
  for (const ratio of config.ratios) {
    const heightFactor = f(Math.sqrt(f(ratio)));
    const widthFactor = f(1 / heightFactor);
    for (const size of config.sizes[level]!) {
      const width = f(widthFactor * size);
      const height = f(heightFactor * size);
      const row = [-width / 2, -height / 2, width / 2, height / 2];
      rows.push(config.rounded ? row.map(roundHalfToEven) : row);
    }
  }
  return rows;
}

/**
 * Anchors of all levels for one image size.
 *
 * @param mapSizes - [H, W] of each level.
 * @param strides - pixels between cells, [vertical, horizontal], for each level.
 * @returns one float32 [H W A, 4] a level, x1 y1 x2 y2 in pixels of the network's input. The caller disposes them.
 */
export function generateAnchors(
  config: AnchorConfig,
  mapSizes: readonly (readonly [number, number])[],
  strides: readonly (readonly [number, number])[],
): Tensor2D[] {
  return mapSizes.map(([height, width], level) => {
    const cell = cellAnchors(config, level);
    const [strideY, strideX] = strides[level]!;
    const values = new Float32Array(height * width * cell.length * 4);
    let at = 0;
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const x = column * strideX;
        const y = row * strideY;
        for (const [x1, y1, x2, y2] of cell as [number, number, number, number][]) {
          values[at++] = x + x1;
          values[at++] = y + y1;
          values[at++] = x + x2;
          values[at++] = y + y2;
        }
      }
    }
    return tf.tensor2d(values, [height * width * cell.length, 4]);
  });
}

/** As torch.round: halves go to the even neighbour. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const fraction = value - floor;
  if (fraction !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
