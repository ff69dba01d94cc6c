/** What more workers and other networks would make of what was measured with two on one machine. */

export interface MeasuredExchange {
  /** Of gradients. */
  readonly megabytes: number;
  /** Of the mean of all over two workers, without a network's limits, and of that of one number. */
  readonly exchangeMs: number;
  readonly latencyMs: number;
}

/** A backward pass takes about twice as long as a forward pass. */
const BACKWARD_SHARE = 2 / 3;
const BUCKET_MEGABYTES = 25;
const BUCKETS_AT_ONCE = 3;

/**
 * The share of the ideal n-fold speed that is left, from 0 to 1. In a ring each of n workers sends 2 (n - 1) / n times the bytes in
 * 2 (n - 1) messages one after the other, as fast as the slower of link and measured exchange; what comes before the end of the backward
 * pass is hidden behind it, but for the last bucket.
 */
export function efficiency(
  { megabytes, exchangeMs, latencyMs }: MeasuredExchange,
  {
    workers,
    gigabits,
    stepSeconds,
    overlap,
  }: { workers: number; gigabits: number; stepSeconds: number; overlap: boolean },
): number {
  const rate = Math.min(1000 * (gigabits / 8), megabytes / (exchangeMs / 1000));
  const buckets = Math.ceil(megabytes / BUCKET_MEGABYTES);
  const rounds = Math.ceil(buckets / BUCKETS_AT_ONCE);
  // Two workers have two messages.
  const waiting = rounds * (workers - 1) * (latencyMs / 1000);
  const seconds = ((2 * (workers - 1)) / workers) * (megabytes / rate) + waiting;
  const shown = overlap ? Math.max(seconds / buckets, seconds - BACKWARD_SHARE * stepSeconds) : seconds;
  return stepSeconds / (stepSeconds + shown);
}

/** A table in Markdown: without and with the exchange during the backward pass. */
export function scalingTable(measured: MeasuredExchange): string {
  const links = [1, 10, 100];
  const lines = links.flatMap((gigabits) =>
    [1, 5].map((stepSeconds) => {
      const cells = [8, 32, 128].map((workers) =>
        [false, true]
          .map((overlap) => `${(100 * efficiency(measured, { workers, gigabits, stepSeconds, overlap })).toFixed(0)}%`)
          .join(' / '),
      );
      return `| ${gigabits} Gbit/s, step of ${stepSeconds} s | ${cells.join(' | ')} |`;
    }),
  );
  return [
    '| after / during the backward pass | 8 workers | 32 workers | 128 workers |',
    '| --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}
