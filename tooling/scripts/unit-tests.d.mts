import type { StdioOptions } from 'node:child_process';
import type { UnitCounts } from './counts.mjs';

export function unitTests(options?: {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdio?: StdioOptions;
}): Promise<UnitCounts>;
