/** What evaluation keeps of a category's detections: about 70 bytes each, whatever they were. T thresholds, A area ranges, W = ceil(T / 32). */
import { copyInto } from '../data/segments';

export class Tally {
  count = 0;
  score: Float64Array;
  /** Place among the detections of its image and category, by falling score. */
  rank: Int32Array;
  /** Place of its image in the sorted image ids. */
  image: Int32Array;
  /** Bits by threshold, [count, A, W]: matched an object; counts as neither right nor wrong. */
  matched: Uint32Array;
  ignored: Uint32Array;

  /** @param words - A * W. */
  constructor(
    readonly words: number,
    private capacity = 256,
  ) {
    this.score = new Float64Array(capacity);
    this.rank = new Int32Array(capacity);
    this.image = new Int32Array(capacity);
    this.matched = new Uint32Array(capacity * words);
    this.ignored = new Uint32Array(capacity * words);
  }

  /** Makes room for `more` detections, with all bits off, and returns the first row. */
  extend(more: number): number {
    const first = this.count;
    this.count += more;
    if (this.count > this.capacity) {
      const n = Math.max(this.count, this.capacity * 2);
      this.capacity = n;
      this.score = copyInto(new Float64Array(n), this.score);
      this.rank = copyInto(new Int32Array(n), this.rank);
      this.image = copyInto(new Int32Array(n), this.image);
      this.matched = copyInto(new Uint32Array(n * this.words), this.matched);
      this.ignored = copyInto(new Uint32Array(n * this.words), this.ignored);
    }
    this.matched.fill(0, first * this.words, this.count * this.words);
    this.ignored.fill(0, first * this.words, this.count * this.words);
    return first;
  }

  clear(): void {
    this.count = 0;
  }
}
