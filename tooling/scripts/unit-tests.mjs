// Runs vitest and counts what it reports.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './steps.mjs';

const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');
const REPORTER = fileURLToPath(new URL('./unit-reporter.mjs', import.meta.url));

/** Runs the tests of the folder `cwd`: how many passed and were skipped, and each failure by name and message. */
export async function unitTests({ cwd = ROOT, env = {}, stdio = 'inherit' } = {}) {
  const scratch = mkdtempSync(join(tmpdir(), 'icconv-test-'));
  const report = join(scratch, 'report.json');
  const vitest = spawn(process.execPath, [VITEST, 'run', '--reporter=default', `--reporter=${REPORTER}`], {
    cwd,
    stdio,
    env: { ...process.env, ...env, ICCONV_UNIT_REPORT: report },
  });
  const [status, signal] = await once(vitest, 'exit');
  try {
    return withExit(JSON.parse(readFileSync(report, 'utf8')), status, signal);
  } catch {
    return withExit({ passed: 0, skipped: 0, failures: [] }, status ?? 1, signal, ', without a report');
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Whatever ended vitest badly counts as a failure, whether the report knows of it or not. */
function withExit(counts, status, signal, without = '') {
  const explained = counts.failures.length > 0;
  if ((status !== 0 || without) && !explained) {
    const message = signal ? `ended by ${signal}${without}` : `ended with code ${status}${without}`;
    counts.failures.push({ name: 'vitest', message });
  }
  return counts;
}
