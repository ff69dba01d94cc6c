/** A training that ends by the clock: its schedule is laid over the time, and the last evaluation has its part of it. */
import type { CheckpointState } from './checkpoint';

/** Where a training stands by worker 0's clock, which all workers follow. */
export interface Pace {
  /** For the schedule: as if so many of the planned updates were done. */
  readonly place: number;
  readonly over: boolean;
}

export class TimeBudget {
  readonly #seconds: number;
  readonly #planned: number;
  readonly #before: number;
  readonly #began = performance.now();
  #evaluations: NonNullable<CheckpointState['evaluations']>;
  #over = false;

  /** @param planned - updates that the schedule is written for. @param before - what earlier parts of the run took. */
  constructor(seconds: number, planned: number, before: Pick<CheckpointState, 'seconds' | 'evaluations'>) {
    this.#seconds = seconds;
    this.#planned = planned;
    this.#before = before.seconds ?? 0;
    this.#evaluations = before.evaluations ?? { count: 0, seconds: 0 };
    this.#over = this.#before >= seconds;
  }

  /** One evaluation: the last one is expected to take as long as those before. */
  evaluation(seconds: number): void {
    const before = this.#evaluations;
    this.#evaluations = { count: before.count + 1, seconds: before.seconds + seconds };
  }

  /** Of the whole run. */
  get evaluations(): NonNullable<CheckpointState['evaluations']> {
    return this.#evaluations;
  }

  /** Seconds of the whole run; all of them once it is over, so that a resumed run knows. */
  get spent(): number {
    const spent = this.#before + (performance.now() - this.#began) / 1000;
    return this.#over ? Math.max(spent, this.#seconds) : spent;
  }

  get left(): number {
    return Math.max(0, this.#seconds - this.spent);
  }

  get pace(): Pace {
    const { count, seconds } = this.#evaluations;
    const training = this.#seconds - (count === 0 ? 0 : seconds / count);
    // Once over, for good.
    this.#over ||= this.spent >= training;
    return { place: this.#over ? this.#planned : (this.#planned * this.spent) / training, over: this.#over };
  }
}
