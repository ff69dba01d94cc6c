/** `imageBatch` on typed arrays, for every backend without the native op; the same steps as native/ops/image_batch. */
import { type Axis, makeAxis, makeWarpAxis, SLACK, WARP_STEPS, warpFixed, warpSteps } from './resampling';
import type { ImageBatchAttrs, ImagePlacement } from './types';

interface Source {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

export function imageBatchPortable(pixels: readonly Uint8Array[], attrs: ImageBatchAttrs): Float32Array {
  const [batch, height, width] = attrs.shape;
  const out = new Float32Array(batch * height * width * 3);
  for (const placement of attrs.placements) {
    const [sourceHeight, sourceWidth] = attrs.sizes[placement.source]!;
    const source = { data: pixels[placement.source]!, height: sourceHeight, width: sourceWidth };
    const sampleRow = sampler(source, placement, attrs);
    const columns = placement.right - placement.left;
    const values = new Float64Array(columns * 3);
    const inside = new Uint8Array(columns);
    for (let y = placement.top; y < placement.bottom; y++) {
      sampleRow(y, values, inside);
      finish(values, inside, placement, attrs, out, ((placement.batch * height + y) * width + placement.left) * 3);
    }
  }
  return out;
}

type SampleRow = (y: number, values: Float64Array, inside: Uint8Array) => void;

function sampler(source: Source, placement: ImagePlacement, { antialias, opencv, fill }: ImageBatchAttrs): SampleRow {
  const { map, left, right, top, bottom } = placement;
  const turns = map[1] !== 0 || map[3] !== 0;
  const { height, width } = source;
  if (opencv) {
    const framed = frame(source, fill);
    if (turns) return warp(framed, placement);
    const x = makeWarpAxis(left, right, map[0], map[2], width, 'columns');
    return separable(framed, placement, x, makeWarpAxis(top, bottom, map[4], map[5], height, 'rows'));
  }
  if (turns) return affine(source, placement);
  const x = makeAxis(left, right, map[0], map[2], width, antialias);
  return separable(source, placement, x, makeAxis(top, bottom, map[4], map[5], height, antialias));
}

/** The picture with one pixel of `fill` around it. */
function frame({ data, height, width }: Source, fill: readonly number[]): Source {
  const framed = new Uint8Array((height + 2) * (width + 2) * 3);
  for (let i = 0; i < framed.length; i++) framed[i] = fill[i % 3]!;
  for (let y = 0; y < height; y++) {
    framed.set(data.subarray(y * width * 3, (y + 1) * width * 3), ((y + 1) * (width + 2) + 1) * 3);
  }
  return { data: framed, height: height + 2, width: width + 2 };
}

function separable(source: Source, { left }: ImagePlacement, x: Axis, y: Axis): SampleRow {
  const columns = x.end - x.begin;
  // Of the last source rows in use, so that each is resampled about once.
  const rows = new Map<number, Float64Array>();
  const row = (index: number): Float64Array => {
    let found = rows.get(index);
    if (found === undefined) {
      found = resampleRow(source, index, x, columns);
      rows.set(index, found);
    }
    return found;
  };
  return (at, values, inside) => {
    inside.fill(0);
    if (at < y.begin || at >= y.end) return;
    inside.fill(1, x.begin - left, x.end - left);
    const position = at - y.begin;
    const first = y.start[position]!;
    const offset = (x.begin - left) * 3;
    values.fill(0, offset, offset + columns * 3);
    for (let k = y.offset[position]!; k < y.offset[position + 1]!; k++) {
      const weight = y.weights[k]!;
      const samples = row(first + k - y.offset[position]!);
      for (let i = 0; i < columns * 3; i++) values[offset + i]! += weight * samples[i]!;
    }
    for (const index of rows.keys()) if (Math.abs(index - first) > 2 + y.widest) rows.delete(index);
  };
}

function resampleRow(source: Source, index: number, x: Axis, columns: number): Float64Array {
  const row = new Float64Array(columns * 3);
  for (let p = 0; p < columns; p++) {
    let pixel = (index * source.width + x.start[p]!) * 3;
    for (let k = x.offset[p]!; k < x.offset[p + 1]!; k++, pixel += 3) {
      const weight = x.weights[k]!;
      row[p * 3]! += weight * source.data[pixel]!;
      row[p * 3 + 1]! += weight * source.data[pixel + 1]!;
      row[p * 3 + 2]! += weight * source.data[pixel + 2]!;
    }
  }
  return row;
}

function affine({ data, height, width }: Source, { map, left }: ImagePlacement): SampleRow {
  return (at, values, inside) => {
    for (let i = 0; i < inside.length; i++) {
      const sx = map[0] * (left + i + 0.5) + map[1] * (at + 0.5) + map[2];
      const sy = map[3] * (left + i + 0.5) + map[4] * (at + 0.5) + map[5];
      inside[i] = sx >= -SLACK && sx <= width + SLACK && sy >= -SLACK && sy <= height + SLACK ? 1 : 0;
      if (inside[i] === 0) continue;
      const ix = Math.min(Math.max(sx - 0.5, 0), width - 1);
      const iy = Math.min(Math.max(sy - 0.5, 0), height - 1);
      const x0 = Math.floor(ix);
      const y0 = Math.floor(iy);
      const stepX = x0 + 1 < width ? 3 : 0;
      const stepY = y0 + 1 < height ? 3 * width : 0;
      for (let c = 0; c < 3; c++) {
        const p = (y0 * width + x0) * 3 + c;
        const upper = data[p]! + (ix - x0) * (data[p + stepX]! - data[p]!);
        const lower = data[p + stepY]! + (ix - x0) * (data[p + stepY + stepX]! - data[p + stepY]!);
        values[i * 3 + c] = upper + (iy - y0) * (lower - upper);
      }
    }
  };
}

/** Of a framed picture, see makeWarpAxis. */
function warp({ data, height, width }: Source, { map, left }: ImagePlacement): SampleRow {
  return (at, values, inside) => {
    const originX = warpFixed(map[1] * at + (map[2] + 0.5 * (map[0] + map[1]) - 0.5));
    const originY = warpFixed(map[4] * at + (map[5] + 0.5 * (map[3] + map[4]) - 0.5));
    for (let i = 0; i < inside.length; i++) {
      const ix = warpSteps(originX, warpFixed(map[0] * (left + i))) / WARP_STEPS + 1;
      const iy = warpSteps(originY, warpFixed(map[3] * (left + i))) / WARP_STEPS + 1;
      inside[i] = ix >= 0 && ix < width - 1 && iy >= 0 && iy < height - 1 ? 1 : 0;
      if (inside[i] === 0) continue;
      const x0 = Math.floor(ix);
      const y0 = Math.floor(iy);
      for (let c = 0; c < 3; c++) {
        const p = (y0 * width + x0) * 3 + c;
        const upper = data[p]! + (ix - x0) * (data[p + 3]! - data[p]!);
        const below = p + 3 * width;
        const lower = data[below]! + (ix - x0) * (data[below + 3]! - data[below]!);
        values[i * 3 + c] = upper + (iy - y0) * (lower - upper);
      }
    }
  };
}

/** Rounds, changes the colour, normalises and writes one row. */
function finish(
  values: Float64Array,
  inside: Uint8Array,
  { colour }: ImagePlacement,
  { scale, bias, fill, reversed, round, opencv }: ImageBatchAttrs,
  out: Float32Array,
  start: number,
): void {
  const rgb = [0, 0, 0];
  const rounded = opencv ? (value: number) => Math.floor(value + 0.5) : round ? roundToEven : (value: number) => value;
  for (let i = 0; i < inside.length; i++) {
    for (let c = 0; c < 3; c++) {
      const value = values[i * 3 + c]!;
      rgb[c] = inside[i] === 0 ? fill[c]! : rounded(value);
    }
    if (colour !== undefined && inside[i] === 1) {
      const [r, g, b] = rgb as [number, number, number];
      for (let c = 0; c < 3; c++) {
        const changed = colour[4 * c]! * r + colour[4 * c + 1]! * g + colour[4 * c + 2]! * b + colour[4 * c + 3]!;
        rgb[c] = Math.min(Math.max(changed, 0), 255);
      }
    }
    for (let c = 0; c < 3; c++) out[start + i * 3 + c] = rgb[reversed ? 2 - c : c]! * scale[c]! + bias[c]!;
  }
}

/** As the native op: a sample is a float32, and a half goes to the even number. */
function roundToEven(value: number): number {
  return Math.fround(Math.fround(value) + 12582912) - 12582912;
}
