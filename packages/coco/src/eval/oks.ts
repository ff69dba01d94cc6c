/** Object keypoint similarity: mean over labelled keypoints of exp(-d^2 / (2 area (2 sigma)^2)), d the distance in pixels. */

// numpy's spacing(1), which COCO adds to areas lest it divide by zero.
const EPSILON = 2.220446049250313e-16;

export class KeypointSimilarity {
  private readonly variances: Float64Array;
  private readonly terms: Float64Array;

  /** @param sigmas - falloff of each keypoint; K of them. */
  constructor(sigmas: readonly number[]) {
    this.variances = Float64Array.from(sigmas, (s) => s * 2 * (s * 2));
    this.terms = new Float64Array(sigmas.length);
  }

  get count(): number {
    return this.variances.length;
  }

  /**
   * @param gt - K triples x, y, v of the object.  @param dt - K triples of the detection (v is not used).
   * @param box - list that holds the object's box x, y, w, h from `at` on; with no labelled keypoint, distance is measured to twice that box.
   * @returns similarity in [0, 1].
   */
  similarity(gt: Float64Array, dt: Float64Array, area: number, box: Float64Array, at: number): number {
    const { variances, terms } = this;
    const k = variances.length;
    const scale = area + EPSILON;
    let n = 0;
    let labelled = false;
    for (let i = 0; i < k; i++) if (gt[i * 3 + 2]! > 0) labelled = true;
    if (labelled) {
      for (let i = 0; i < k; i++) {
        if (!(gt[i * 3 + 2]! > 0)) continue;
        const dx = dt[i * 3]! - gt[i * 3]!;
        const dy = dt[i * 3 + 1]! - gt[i * 3 + 1]!;
        terms[n++] = Math.exp(-((dx * dx + dy * dy) / variances[i]! / scale / 2));
      }
    } else {
      const x0 = box[at]! - box[at + 2]!;
      const x1 = box[at]! + box[at + 2]! * 2;
      const y0 = box[at + 1]! - box[at + 3]!;
      const y1 = box[at + 1]! + box[at + 3]! * 2;
      for (let i = 0; i < k; i++) {
        const x = dt[i * 3]!;
        const y = dt[i * 3 + 1]!;
        const dx = Math.max(0, x0 - x) + Math.max(0, x - x1);
        const dy = Math.max(0, y0 - y) + Math.max(0, y - y1);
        terms[n++] = Math.exp(-((dx * dx + dy * dy) / variances[i]! / scale / 2));
      }
    }
    return pairwiseSum(terms, 0, n) / n;
  }
}

/** Sum in numpy's order (eight partial sums, halves above 128), so that means agree to the last bit. */
export function pairwiseSum(values: Float64Array, from: number, n: number): number {
  if (n < 8) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[from + i]!;
    return sum;
  }
  if (n <= 128) {
    const r = values.slice(from, from + 8);
    let i = 8;
    for (; i < n - (n % 8); i += 8) for (let j = 0; j < 8; j++) r[j]! += values[from + i + j]!;
    let sum = r[0]! + r[1]! + (r[2]! + r[3]!) + (r[4]! + r[5]! + (r[6]! + r[7]!));
    for (; i < n; i++) sum += values[from + i]!;
    return sum;
  }
  let half = n >> 1;
  half -= half % 8;
  return pairwiseSum(values, from, half) + pairwiseSum(values, from + half, n - half);
}
