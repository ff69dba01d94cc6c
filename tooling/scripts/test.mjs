// pnpm test: sets up what is missing, then lint, unused code, build, types, package checks, the site, unit, native and packed tests.
// Ends with one line, `N passed, N failed`. Without a compiler or network the tests that need the native engine are skipped,
// visibly; in CI (CI=true) their absence is a failure.
import { Counts } from './counts.mjs';
import { icconv, installDependencies, pnpm, run } from './steps.mjs';
import { unitTests } from './unit-tests.mjs';

installDependencies();
const offline = process.argv.includes('--offline') ? ['--offline'] : [];
const native = icconv(['setup', ...offline]) === 0;
if (!native) console.error('The native engine is missing (see above): what needs it is skipped.\n');

const counts = new Counts();
const step = (name, code) => counts.step(name, code);

step('lint', pnpm(['exec', 'biome', 'check', '.']));
step('unused', pnpm(['run', '--silent', 'unused']));
step('build', pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', '--concurrency=2']));
step('types', pnpm(['exec', 'turbo', 'run', 'typecheck', '--output-logs=errors-only', '--concurrency=2']));
step('package checks', pnpm(['exec', 'turbo', 'run', 'packcheck', '--output-logs=errors-only', '--concurrency=2']));
step('site', pnpm(['exec', 'turbo', 'run', 'site', '--output-logs=errors-only']));

const required = process.env.CI ? { ICCONV_REQUIRE_BACKENDS: 'native,wasm,js' } : {};
counts.tests('unit', unitTests({ env: required }));

if (native || process.env.CI) {
  step('native', pnpm(['--silent', '--filter', '@icconv/tensor-ops', 'run', 'test:native']));
} else counts.skip('native');
step('packed', run(process.execPath, ['tooling/scripts/test-packed.mjs', ...(native ? ['--native'] : [])]));

console.log(`\n${counts}`);
process.exit(counts.exitCode);
