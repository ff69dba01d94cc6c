export interface BenchRun {
  readonly commit: string;
  readonly date: string;
  readonly seconds: number;
  /** Processes that waited for a processor on average over the minute before. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, unknown>>;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export interface BenchReport {
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly node: string;
  };
  readonly benches: Readonly<Record<string, BenchRun>>;
}

export function rowsOf(output: string): Pick<BenchRun, 'versions' | 'rows'>;
export function withNumbers(document: string, numbers: string): string;
export function readmeNumbers(report: BenchReport): string;
export function performanceNumbers(report: BenchReport): string;
