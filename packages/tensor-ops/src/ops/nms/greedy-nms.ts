/**
 * Greedy non-maximum suppression over typed arrays; the definition that native/ops/nms speeds up, with the same float32 arithmetic.
 *
 * Cost: (boxes of a group) x (kept boxes of the group); thousands of boxes take milliseconds.
 */

export interface GreedyNmsOptions {
  /** IoU > threshold suppresses. */
  readonly iouThreshold: number;
  /** Boxes whose score is not above it are left out; undefined leaves out none. */
  readonly scoreThreshold: number | undefined;
  readonly maxOutputSize: number;
}

const f = Math.fround;
const SMALLEST_NORMAL = 2 ** -126;

/**
 * @param boxes - x1 y1 x2 y2 of each box. @param groups - integers, or empty when all boxes compete.
 * @returns kept indices by descending score, equal scores by ascending index.
 */
export function greedyNms(
  boxes: Float32Array,
  scores: Float32Array,
  groups: ArrayLike<number>,
  options: GreedyNmsOptions,
): Int32Array {
  const { iouThreshold, scoreThreshold, maxOutputSize } = options;
  const order: number[] = [];
  for (let i = 0; i < scores.length; i++) {
    if (scoreThreshold === undefined || scores[i]! > scoreThreshold) order.push(i);
  }
  // Subtraction would give NaN for two infinities.
  order.sort((a, b) => (scores[a]! > scores[b]! ? -1 : scores[a]! < scores[b]! ? 1 : a - b));

  const kept: number[] = [];
  const keptOfGroup = new Map<number, number[]>();
  for (const i of order) {
    if (kept.length >= maxOutputSize) break;
    const group = groups.length === 0 ? 0 : groups[i]!;
    const rivals = keptOfGroup.get(group) ?? [];
    if (suppressed(boxes, i, rivals, iouThreshold)) continue;
    rivals.push(i);
    keptOfGroup.set(group, rivals);
    kept.push(i);
  }
  return Int32Array.from(kept);
}

function suppressed(boxes: Float32Array, i: number, rivals: readonly number[], threshold: number): boolean {
  const x1 = boxes[i * 4]!;
  const y1 = boxes[i * 4 + 1]!;
  const x2 = boxes[i * 4 + 2]!;
  const y2 = boxes[i * 4 + 3]!;
  const area = f(f(x2 - x1) * f(y2 - y1));
  for (let k = 0; k < rivals.length; k++) {
    const r = rivals[k]! * 4;
    const width = f(Math.min(x2, boxes[r + 2]!) - Math.max(x1, boxes[r]!));
    // Also false for NaN, with which nothing overlaps.
    if (!(width > 0)) continue;
    const height = f(Math.min(y2, boxes[r + 3]!) - Math.max(y1, boxes[r + 1]!));
    if (!(height > 0)) continue;
    const rivalArea = f(f(boxes[r + 2]! - boxes[r]!) * f(boxes[r + 3]! - boxes[r + 1]!));
    const intersection = f(width * height);
    const overlap = f(intersection / f(f(area + rivalArea) - intersection));
    // TensorFlow's threads take what is too small for a normal float as 0.
    if (overlap > threshold && overlap >= SMALLEST_NORMAL) return true;
  }
  return false;
}
