/**
 * What RoIAlign reads, computed on the host for the portable kernels: for every bin of every RoI the feature rows and columns with
 * their weights. The average over a bin's sampling grid is separable, so pixel (y, x) weighs row weight times column weight.
 *
 * Letters: R RoIs, PH x PW bins. The same arithmetic, in float32, as native/ops/roi_align/roi_align_taps.cc.
 */
import { InvalidArgumentError } from '../../errors';

/** One feature map's shape [N, H, W, C] and its scale from image to feature pixels. */
export interface RoiMap {
  readonly shape: readonly [number, number, number, number];
  readonly scale: number;
}

/** The attributes of the kernel `RoiAlign` and its gradient. */
export interface RoiAlignAttrs {
  /** [PH, PW]. */
  readonly outputSize: readonly [number, number];
  /** Samples per bin and axis; 0 takes ceil(bin size) in feature pixels. */
  readonly samplingRatio: number;
  readonly aligned: boolean;
  readonly maps: readonly RoiMap[];
}

/** Bins of one axis of all RoIs: bin b of RoI r has entries [start[r * bins + b], start[r * bins + b + 1]). */
export interface AxisTaps {
  readonly bins: number;
  readonly start: Int32Array;
  /** Row or column. */
  readonly index: Int32Array;
  readonly weight: Float32Array;
}

export interface RoiTaps {
  readonly rows: AxisTaps;
  readonly columns: AxisTaps;
}

const f = Math.fround;

/**
 * Refuses RoIs that cannot be pooled.
 *
 * @param rois - [R, 5], row by row. @param levels - the map of each RoI, or empty when there is one map.
 * @throws {@link InvalidArgumentError} naming the first bad row.
 */
export function checkRois(
  op: string,
  rois: ArrayLike<number>,
  levels: ArrayLike<number>,
  maps: readonly RoiMap[],
): void {
  for (let r = 0; r * 5 < rois.length; r++) {
    const row = Array.from({ length: 5 }, (_, i) => rois[r * 5 + i]!);
    const level = levels.length === 0 ? 0 : levels[r]!;
    const map = maps[level];
    if (map === undefined) {
      throw new InvalidArgumentError(op, `levels[${r}]`, level, `an index of the ${maps.length} maps`);
    }
    const [image, ...corners] = row as [number, ...number[]];
    if (!(image >= 0 && image < map.shape[0])) {
      throw new InvalidArgumentError(op, `rois[${r}][0]`, image, `an image of the batch, 0 to ${map.shape[0] - 1}`);
    }
    const [x1, y1, x2, y2] = corners.map((corner) => f(corner * f(map.scale))) as [number, number, number, number];
    // Infinite where a corner, or the distance of two, is.
    if (!Number.isFinite(f(x2 - x1)) || !Number.isFinite(f(y2 - y1))) {
      throw new InvalidArgumentError(op, `rois[${r}]`, row, '[image, x1, y1, x2, y2] in finite numbers');
    }
  }
}

/** The taps of all RoIs; RoIs of another map than `onlyMap` (when given) get none. */
export function roiTaps(
  rois: ArrayLike<number>,
  levels: ArrayLike<number>,
  attrs: RoiAlignAttrs,
  onlyMap?: number,
): RoiTaps {
  const count = rois.length / 5;
  const builders = attrs.outputSize.map((bins) => new TapBuilder(bins, count)) as [TapBuilder, TapBuilder];
  for (let r = 0; r < count; r++) {
    const level = levels.length === 0 ? 0 : levels[r]!;
    const map = attrs.maps[level]!;
    const at = (i: number) => rois[r * 5 + i]!;
    const y = axis(at(2), at(4), map.scale, attrs.outputSize[0], attrs);
    const x = axis(at(1), at(3), map.scale, attrs.outputSize[1], attrs);
    // An empty grid on either axis (a box without area, adaptive sampling) has no samples.
    const empty = y.grid === 0 || x.grid === 0 || (onlyMap !== undefined && level !== onlyMap);
    builders[0].addRoi(y, map.shape[1], empty);
    builders[1].addRoi(x, map.shape[2], empty);
  }
  return { rows: builders[0].finish(), columns: builders[1].finish() };
}

interface Axis {
  readonly start: number;
  /** Size of a bin. */
  readonly size: number;
  /** Samples per bin. */
  readonly grid: number;
}

function axis(low: number, high: number, scale: number, bins: number, attrs: RoiAlignAttrs): Axis {
  const offset = attrs.aligned ? 0.5 : 0;
  const start = f(f(low * f(scale)) - offset);
  const end = f(f(high * f(scale)) - offset);
  const length = attrs.aligned ? f(end - start) : Math.max(f(end - start), 1);
  const size = f(length / bins);
  const grid = attrs.samplingRatio > 0 ? attrs.samplingRatio : Math.max(Math.ceil(size), 0);
  return { start, size, grid };
}

/** Every sample of a grid up to here is visited, and their weights, 1 / ratio each, add up to 1 in float32. */
export const MOST_SAMPLING_RATIO = 4096;
/** Beyond, samples far outside the map are skipped. Only absurd boxes with an adaptive grid get there. */
const LARGE_GRID = MOST_SAMPLING_RATIO;

class TapBuilder {
  private readonly start: Int32Array;
  private readonly index: number[] = [];
  private readonly weight: number[] = [];
  private filled = 0;

  constructor(
    private readonly bins: number,
    rois: number,
  ) {
    this.start = new Int32Array(rois * bins + 1);
  }

  addRoi(axis: Axis, extent: number, empty: boolean): void {
    for (let bin = 0; bin < this.bins; bin++) {
      if (!empty) this.addBin(axis, bin, extent);
      this.start[++this.filled] = this.index.length;
    }
  }

  finish(): AxisTaps {
    const { bins, start } = this;
    return { bins, start, index: Int32Array.from(this.index), weight: Float32Array.from(this.weight) };
  }

  private addBin({ start, size, grid }: Axis, bin: number, extent: number): void {
    const first = this.index.length;
    const base = f(start + f(bin * size));
    const weight = f(1 / grid);
    let from = 0;
    let to = grid;
    if (grid > LARGE_GRID) {
      const perPixel = grid / size;
      from = clamp(Math.floor((-1 - base) * perPixel) - 4, 0, grid);
      to = clamp(Math.ceil((extent - base) * perPixel) + 4, from, Math.min(grid, from + 2 * extent + 16));
    }
    for (let sample = from; sample < to; sample++) {
      const position = f(base + f(f(f(sample + 0.5) * size) / f(grid)));
      if (!(position >= -1 && position <= extent)) continue;
      const clamped = Math.max(position, 0);
      const low = Math.trunc(clamped);
      if (low >= extent - 1) {
        this.addTap(first, extent - 1, weight);
      } else {
        const fraction = f(clamped - low);
        this.addTap(first, low, weight * f(1 - fraction));
        this.addTap(first, low + 1, weight * fraction);
      }
    }
  }

  /** Neighbouring samples share pixels; those lie among the last two entries. */
  private addTap(first: number, index: number, weight: number): void {
    if (weight === 0) return;
    const size = this.index.length;
    for (let i = size - 1; i >= first && i >= size - 2; i--) {
      if (this.index[i] === index) {
        this.weight[i] = this.weight[i]! + weight;
        return;
      }
    }
    this.index.push(index);
    this.weight.push(weight);
  }
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);
