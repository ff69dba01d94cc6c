/**
 * Greedy matching of the detections of one image and category to its objects, for all thresholds and area ranges in one pass
 * (evaluateImg of pycocotools). G objects, D detections, T thresholds, A area ranges.
 *
 * Highest score first, a detection takes the free object of largest overlap; objects that count are preferred to ignored ones; crowds
 * may be taken any number of times. Overlaps do not depend on the area range, and most detections overlap nothing by half, so they
 * are computed once and skip the loops.
 */
import type { ResultColumns } from '../data/results';
import type { GroundTruth } from './ground-truth';
import type { OverlapSource } from './overlap';
import type { EvaluationParams } from './params';
import { sortByScore } from './sort';
import type { Tally } from './tally';

export class Matcher {
  private readonly thresholds: Float64Array;
  private readonly words: number;
  private readonly full: Uint32Array;
  private readonly limit: number;
  /** Ends of the area ranges. */
  private readonly low: Float64Array;
  private readonly high: Float64Array;
  private overlaps = new Float64Array(1024);
  private largest = new Float64Array(128);
  private ignored = new Uint8Array(64);
  private order = new Int32Array(64);
  private taken = new Uint32Array(64);
  // Images come in order within a category, so the objects of the next are found by walking on.
  private category = -1;
  private cursor = 0;

  constructor(
    private readonly gt: GroundTruth,
    private readonly params: EvaluationParams,
  ) {
    // As the reference: an overlap of 1 must match at threshold 1 despite rounding.
    this.thresholds = Float64Array.from(params.iouThrs, (t) => Math.min(t, 1 - 1e-10));
    this.words = Math.ceil(params.iouThrs.length / 32);
    this.full = new Uint32Array(this.words);
    for (let t = 0; t < params.iouThrs.length; t++) this.full[t >> 5]! |= 1 << (t & 31);
    this.limit = params.maxDets.at(-1)!;
    this.low = Float64Array.from(params.areaRng, (range) => range[0]);
    this.high = Float64Array.from(params.areaRng, (range) => range[1]);
  }

  /** Words a detection takes in a {@link Tally}. */
  get tallyWords(): number {
    return this.words * this.params.areaRng.length;
  }

  /** Matches the detections `rows[from..to)` of one image and category and adds them to the tally. Sorts that part of `rows`. */
  match(
    k: number,
    image: number,
    rows: Int32Array,
    from: number,
    to: number,
    dt: ResultColumns,
    source: OverlapSource,
    tally: Tally,
  ): void {
    sortByScore(rows, from, to, dt.score);
    const count = Math.min(to - from, this.limit);
    const first = tally.extend(count);
    for (let d = 0; d < count; d++) {
      tally.score[first + d] = dt.score[rows[from + d]!]!;
      tally.rank[first + d] = d;
      tally.image[first + d] = image;
    }
    const start = this.seek(k, image);
    let stop = start;
    const { grouped } = this.gt;
    while (stop < grouped.start[k + 1]! && grouped.image[stop] === image) stop++;
    if (stop > start) {
      const detections = rows.subarray(from, from + count);
      this.overlap(start, stop, detections, count, image, source);
      this.assign(start, stop, count, first, tally);
    }
    this.ignoreOutside(rows, from, count, image, source, first, tally);
  }

  /** First object of the image in category k, or where it would stand. */
  private seek(k: number, image: number): number {
    const { start, image: imageOf } = this.gt.grouped;
    if (this.category !== k || (this.cursor > start[k]! && imageOf[this.cursor - 1]! >= image)) {
      this.category = k;
      this.cursor = start[k]!;
    }
    const end = start[k + 1]!;
    while (this.cursor < end && imageOf[this.cursor]! < image) this.cursor++;
    return this.cursor;
  }

  private overlap(
    start: number,
    stop: number,
    rows: Int32Array,
    count: number,
    image: number,
    source: OverlapSource,
  ): void {
    const width = stop - start;
    if (this.overlaps.length < width * count) this.overlaps = new Float64Array(width * count * 2);
    if (this.largest.length < count) this.largest = new Float64Array(count * 2);
    const { overlaps, largest } = this;
    source.fill(start, stop, rows, count, image, overlaps);
    for (let d = 0; d < count; d++) {
      let max = 0;
      for (let g = 0; g < width; g++) {
        const value = overlaps[d * width + g]!;
        if (!(value <= max)) max = value;
      }
      largest[d] = max;
    }
  }

  private assign(start: number, stop: number, count: number, first: number, tally: Tally): void {
    const width = stop - start;
    const { words } = this;
    if (this.order.length < width) {
      this.ignored = new Uint8Array(width * 2);
      this.order = new Int32Array(width * 2);
    }
    if (this.taken.length < width * words) this.taken = new Uint32Array(width * words * 2);
    const { ignored, order, taken, largest } = this;
    const { grouped, area, ignore } = this.gt;
    const lowest = this.thresholds[0]!;
    for (let a = 0; a < this.low.length; a++) {
      const low = this.low[a]!;
      const high = this.high[a]!;
      let counting = 0;
      for (let g = 0; g < width; g++) {
        const row = grouped.rows[start + g]!;
        ignored[g] = ignore[row] === 1 || area[row]! < low || area[row]! > high ? 1 : 0;
        if (ignored[g] === 0) order[counting++] = g;
      }
      let at = counting;
      for (let g = 0; g < width; g++) if (ignored[g] === 1) order[at++] = g;
      taken.fill(0, 0, width * words);
      for (let d = 0; d < count; d++) {
        if (largest[d]! < lowest) continue;
        this.assignOne(d, start, width, counting, (first + d) * tally.words + a * words, tally);
      }
    }
  }

  /** One detection in one area range, over all thresholds. The first `counting` objects of `order` count, the others are ignored. */
  private assignOne(d: number, start: number, width: number, counting: number, at: number, tally: Tally): void {
    const { thresholds, words, overlaps, largest, order, taken } = this;
    const { grouped, crowd, nameless } = this.gt;
    const max = largest[d]!;
    for (let t = 0; t < thresholds.length; t++) {
      let best = thresholds[t]!;
      if (max < best) return;
      const word = t >> 5;
      const bit = 1 << (t & 31);
      let match = -1;
      for (let i = 0; i < width; i++) {
        // An ignored object is taken only when none that counts will do.
        if (i === counting && match >= 0) break;
        const g = order[i]!;
        if ((taken[g * words + word]! & bit) !== 0 && crowd[grouped.rows[start + g]!] === 0) continue;
        const value = overlaps[d * width + g]!;
        if (value < best) continue;
        best = value;
        match = i;
      }
      if (match < 0) continue;
      const g = order[match]!;
      taken[g * words + word]! |= bit;
      if (match >= counting) tally.ignored[at + word]! |= bit;
      if (nameless === undefined || nameless[grouped.rows[start + g]!] === 0) tally.matched[at + word]! |= bit;
    }
  }

  /** Unmatched detections whose own size is outside the range are no mistakes of that range. */
  private ignoreOutside(
    rows: Int32Array,
    from: number,
    count: number,
    image: number,
    source: OverlapSource,
    first: number,
    tally: Tally,
  ): void {
    const { words, full, low, high } = this;
    const { matched, ignored } = tally;
    for (let d = 0; d < count; d++) {
      const area = source.area(rows[from + d]!, image);
      for (let a = 0; a < low.length; a++) {
        if (!(area < low[a]! || area > high[a]!)) continue;
        const at = (first + d) * tally.words + a * words;
        for (let w = 0; w < words; w++) ignored[at + w]! |= ~matched[at + w]! & full[w]!;
      }
    }
  }
}
