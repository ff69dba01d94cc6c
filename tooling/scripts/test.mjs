// pnpm test: sets up what is missing, then lint, unused code, build, types, package checks, the site, unit, native and packed tests.
// Most steps keep one processor busy or wait: they run beside each other. Ends with one line, `N passed, N failed`. Without a compiler or network the
// tests that need the native engine are skipped, visibly; in CI (CI=true) their absence is a failure.
import { Counts } from './counts.mjs';
import { icconv, installDependencies, pnpmCommand, runBeside } from './steps.mjs';
import { unitTests } from './unit-tests.mjs';

installDependencies();
const offline = process.argv.includes('--offline') ? ['--offline'] : [];
const native = icconv(['setup', ...offline]) === 0;
if (!native) console.error('The native engine is missing (see above): what needs it is skipped.\n');

const counts = new Counts();
const script = (name, ...args) => [process.execPath, [`tooling/scripts/${name}.mjs`, ...args]];
const turbo = (task, ...args) => pnpmCommand(['exec', 'turbo', 'run', task, '--output-logs=errors-only', ...args]);

/** Runs a step, and counts it. */
async function step(name, [command, args]) {
  const began = performance.now();
  const code = await runBeside(command, args);
  counts.step(name, code, (performance.now() - began) / 1000);
}

async function unit() {
  const env = process.env.CI ? { ICCONV_REQUIRE_BACKENDS: 'native,wasm,js' } : {};
  const began = performance.now();
  counts.tests('unit', await unitTests({ env }), (performance.now() - began) / 1000);
}

/** Beside the unit tests, which often wait for processes of theirs: one after the other, as two processors have little room for more. */
async function others() {
  await step('packed', script('test-packed', ...(native ? ['--native'] : [])));
  if (native || process.env.CI) {
    await step('native', pnpmCommand(['--silent', '--filter', '@icconv/tensor-ops', 'run', 'test:native']));
  } else counts.skip('native');
  await step('package checks', turbo('packcheck', '--concurrency=1'));
  await step('site', turbo('site'));
}

await Promise.all([
  step('build', turbo('build', '--concurrency=2')),
  step('lint', pnpmCommand(['exec', 'biome', 'check', '.'])),
  step('unused', pnpmCommand(['run', '--silent', 'unused'])),
  step('types', script('types')),
]);
await Promise.all([unit(), others()]);

console.log(`\n${counts}`);
process.exit(counts.exitCode);
