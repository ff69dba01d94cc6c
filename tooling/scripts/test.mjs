// pnpm test: sets up what is missing, then lint, types, build, package checks, unit, native and packed tests.
// Ends with one line, `N passed, N failed`. Without a compiler or network the tests that need the native engine are skipped,
// visibly; in CI (CI=true) their absence is a failure.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { icconv, installDependencies, pnpm, run } from './steps.mjs';

installDependencies();
const offline = process.argv.includes('--offline') ? ['--offline'] : [];
const native = icconv(['setup', ...offline]) === 0;
if (!native) console.error('The native engine is missing (see above): what needs it is skipped.\n');

let passed = 0;
let failed = 0;
const summary = [];
const count = (name, good, bad, note = '') => {
  passed += good;
  failed += bad;
  summary.push(`${bad === 0 ? 'ok  ' : 'FAIL'}  ${name.padEnd(16)} ${good} passed, ${bad} failed${note}`);
};
const step = (name, code) => count(name, code === 0 ? 1 : 0, code === 0 ? 0 : 1);

step('lint', pnpm(['exec', 'biome', 'check', '.']));
step('build', pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', '--concurrency=2']));
step('types', pnpm(['exec', 'turbo', 'run', 'typecheck', '--output-logs=errors-only', '--concurrency=2']));
step('package checks', pnpm(['exec', 'turbo', 'run', 'packcheck', '--output-logs=errors-only', '--concurrency=2']));

const scratch = mkdtempSync(join(tmpdir(), 'icconv-test-'));
const report = join(scratch, 'vitest.json');
const required = process.env.CI ? { ICCONV_REQUIRE_BACKENDS: 'native,wasm,js' } : {};
const code = pnpm(
  ['exec', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
  required,
);
try {
  const result = JSON.parse(readFileSync(report, 'utf8'));
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  ).length;
  const skipped = result.numPendingTests ? `, ${result.numPendingTests} skipped` : '';
  // An error outside of every test, as an unhandled rejection, shows in the exit code alone.
  const outside = code !== 0 && result.numFailedTests + broken === 0 ? 1 : 0;
  const note = outside ? ', an error outside of the tests (see above)' : '';
  count('unit', result.numPassedTests, result.numFailedTests + broken + outside, skipped + note);
} catch {
  count('unit', 0, 1, ' (no report)');
}
rmSync(scratch, { recursive: true, force: true });

if (native || process.env.CI) {
  step('native', pnpm(['--silent', '--filter', '@icconv/tensor-ops', 'run', 'test:native']));
} else summary.push('skip  native');
step('packed', run(process.execPath, ['tooling/scripts/test-packed.mjs', ...(native ? ['--native'] : [])]));

console.log(`\n${summary.join('\n')}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
