/** How long a training will still take, without jumps: a slow step, the first above all, says little about those to come. */

/** Steps that are looked back at. */
const WINDOW = 64;
/** Share of the fastest and of the slowest of them that does not count. */
const TRIM = 0.1;

export class TimeLeft {
  readonly #steps: number[] = [];
  readonly #evaluations = { count: 0, seconds: 0 };
  #first = true;

  /** One update. The first one also compiles kernels and fills pools, and does not count. */
  step(seconds: number): void {
    if (!this.#first) this.#steps.push(seconds);
    this.#first = false;
    if (this.#steps.length > WINDOW) this.#steps.shift();
  }

  evaluation(seconds: number): void {
    this.#evaluations.count++;
    this.#evaluations.seconds += seconds;
  }

  /** Seconds for so many updates and evaluations; infinite while nothing is known. */
  left(steps: number, evaluations: number): number {
    if (steps === 0) return 0;
    if (this.#steps.length === 0) return Number.POSITIVE_INFINITY;
    const { count, seconds } = this.#evaluations;
    return steps * trimmedMean(this.#steps) + (count === 0 ? 0 : (evaluations * seconds) / count);
  }
}

function trimmedMean(values: readonly number[]): number {
  const cut = Math.floor(values.length * TRIM);
  const kept = [...values].sort((a, b) => a - b).slice(cut, values.length - cut);
  return kept.reduce((sum, value) => sum + value, 0) / kept.length;
}
