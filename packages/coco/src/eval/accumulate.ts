/**
 * Precision and recall from a category's tally (accumulate of pycocotools). T thresholds, R recalls, K categories, A area ranges,
 * M detection limits.
 *
 * Precision falls between true positives, so its running maximum from the right is attained at true positives only: it is kept there,
 * and a false positive at every threshold (most detections) is one addition.
 */
import { type Allocate, allocator } from '../data/annotation-builder';
import type { EvaluationParams } from './params';
import { sortByScore } from './sort';
import type { Tally } from './tally';

/** numpy's spacing(1), added to the denominator of precision by the reference. */
const EPSILON = 2.220446049250313e-16;

export interface Curves {
  /** `[T, R, K, A, M]`; -1 where the category has no object. */
  readonly precision: Float64Array;
  /** Score of the detection at which each recall is reached, `[T, R, K, A, M]`. */
  readonly scores: Float64Array;
  /** Largest recall, `[T, K, A, M]`. */
  readonly recall: Float64Array;
}

/** @param allocate - gives the memory; threads share it. */
export function emptyCurves(
  params: EvaluationParams,
  categories: number,
  allocate: Allocate = allocator(false),
): Curves {
  const cells = params.iouThrs.length * categories * params.areaRng.length * params.maxDets.length;
  const array = (length: number) => new Float64Array(allocate(length * 8)).fill(-1);
  return {
    precision: array(cells * params.recThrs.length),
    scores: array(cells * params.recThrs.length),
    recall: array(cells),
  };
}

export class Accumulator {
  private readonly words: number;
  private readonly full: Uint32Array;
  private order = new Int32Array(0);
  /** By threshold: right detections so far, and those that are wrong here but not everywhere. */
  private readonly hits: Int32Array;
  private readonly misses: Int32Array;
  /** By threshold and hit: precision, and the detection's score. */
  private hitPrecision = new Float64Array(0);
  private hitScore = new Float64Array(0);

  constructor(
    private readonly params: EvaluationParams,
    private readonly curves: Curves,
    private readonly categories: number,
  ) {
    const T = params.iouThrs.length;
    this.words = Math.ceil(T / 32);
    this.full = new Uint32Array(this.words);
    for (let t = 0; t < T; t++) this.full[t >> 5]! |= 1 << (t & 31);
    this.hits = new Int32Array(T);
    this.misses = new Int32Array(T);
  }

  /** Writes category k. @param positives - its objects by area range, int32 `[K, A]`.  @param inOrder - the tally's images ascend. */
  add(k: number, tally: Tally, positives: Int32Array, inOrder: boolean): void {
    const { params } = this;
    const n = tally.count;
    if (this.order.length < n) this.order = new Int32Array(n * 2);
    const { order } = this;
    for (let i = 0; i < n; i++) order[i] = i;
    if (!inOrder) {
      // Equal scores are taken in order of image, then of rank.
      const place = Float64Array.from(tally.image.subarray(0, n), (image, i) => -(image * 2 ** 31 + tally.rank[i]!));
      sortByScore(order, 0, n, place);
    }
    sortByScore(order, 0, n, tally.score);
    let most = -1;
    for (let i = 0; i < n; i++) if (tally.rank[i]! > most) most = tally.rank[i]!;
    const A = params.areaRng.length;
    for (let a = 0; a < A; a++) {
      const total = positives[k * A + a]!;
      if (total === 0) continue;
      const M = params.maxDets.length;
      for (let m = M - 1; m >= 0; m--) {
        // A limit that no image reaches gives what the next larger one gave.
        if (m < M - 1 && most < params.maxDets[m]!) this.copyCell(k, a, m);
        else this.addCell(k, a, m, total, tally);
      }
    }
  }

  /** Copies the cell of the next larger limit. */
  private copyCell(k: number, a: number, m: number): void {
    const { params, curves, categories } = this;
    const { precision, scores, recall } = curves;
    const cell = (k * params.areaRng.length + a) * params.maxDets.length + m;
    const stride = categories * params.areaRng.length * params.maxDets.length;
    for (let at = cell; at < recall.length; at += stride) recall[at] = recall[at + 1]!;
    for (let at = cell; at < precision.length; at += stride) {
      precision[at] = precision[at + 1]!;
      scores[at] = scores[at + 1]!;
    }
  }

  private addCell(k: number, a: number, m: number, total: number, tally: Tally): void {
    const { words, full, order, hits, misses, params } = this;
    const T = params.iouThrs.length;
    if (this.hitPrecision.length < T * total) {
      this.hitPrecision = new Float64Array(T * total * 2);
      this.hitScore = new Float64Array(T * total * 2);
    }
    const { hitPrecision, hitScore } = this;
    const { matched, ignored, rank, score } = tally;
    const limit = params.maxDets[m]!;
    hits.fill(0);
    misses.fill(0);
    let missesEverywhere = 0;
    let firstScore = 0;
    let seen = 0;
    for (let i = 0; i < tally.count; i++) {
      const d = order[i]!;
      if (rank[d]! >= limit) continue;
      if (seen++ === 0) firstScore = score[d]!;
      const at = d * tally.words + a * words;
      if (words === 1 && matched[at] === 0) {
        const skip = ignored[at]!;
        if (skip === 0) {
          missesEverywhere++;
          continue;
        }
        if (skip === full[0]) continue;
      }
      for (let t = 0; t < T; t++) {
        const word = at + (t >> 5);
        const bit = 1 << (t & 31);
        if ((ignored[word]! & bit) !== 0) continue;
        if ((matched[word]! & bit) === 0) {
          misses[t]!++;
          continue;
        }
        const tp = hits[t]! + 1;
        const slot = t * total + hits[t]!;
        hits[t] = tp;
        hitPrecision[slot] = tp / (missesEverywhere + misses[t]! + tp + EPSILON);
        hitScore[slot] = score[d]!;
      }
    }
    for (let t = 0; t < T; t++) this.readOff(t, k, a, m, total, seen, firstScore);
  }

  /** Precision at the recall thresholds. */
  private readOff(t: number, k: number, a: number, m: number, total: number, seen: number, firstScore: number): void {
    const { params, curves, hitPrecision, hitScore } = this;
    const A = params.areaRng.length;
    const M = params.maxDets.length;
    const R = params.recThrs.length;
    const cell = (k * A + a) * M + m;
    const stride = this.categories * A * M;
    const n = this.hits[t]!;
    curves.recall[t * stride + cell] = seen > 0 ? n / total : 0;
    const base = t * total;
    for (let i = n - 1; i > 0; i--) {
      if (hitPrecision[base + i]! > hitPrecision[base + i - 1]!) hitPrecision[base + i - 1] = hitPrecision[base + i]!;
    }
    let i = 0;
    for (let r = 0; r < R; r++) {
      const wanted = params.recThrs[r]!;
      while (i < n && (i + 1) / total < wanted) i++;
      const at = (t * R + r) * stride + cell;
      if (wanted <= 0 && seen > 0) {
        // Recall 0 is reached at the very first detection, right or wrong.
        curves.precision[at] = n > 0 ? hitPrecision[base]! : 0;
        curves.scores[at] = firstScore;
      } else {
        curves.precision[at] = i < n ? hitPrecision[base + i]! : 0;
        curves.scores[at] = i < n ? hitScore[base + i]! : 0;
      }
    }
  }
}
