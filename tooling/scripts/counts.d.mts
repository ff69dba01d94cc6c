export interface Failure {
  readonly name: string;
  readonly message: string;
}

export interface UnitCounts {
  readonly passed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

export class Counts {
  step(name: string, code: number, seconds: number): void;
  skip(name: string): void;
  tests(name: string, counts: UnitCounts, seconds: number): void;
  get exitCode(): 0 | 1;
  toString(): string;
}
