// pnpm test: sets up what is missing, then lint, unused code, build, types, package checks, the site, unit, native and packed tests.
// Most steps keep one processor busy: they run beside each other. Ends with one line, `N passed, N failed`. Without a compiler or network the
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

/** Steps that need nothing of each other. */
async function together(steps) {
  const step = async ([name, command]) => {
    const began = performance.now();
    const code = await runBeside(...command);
    counts.step(name, code, (performance.now() - began) / 1000);
  };
  await Promise.all(Object.entries(steps).map(step));
}

await together({
  build: turbo('build', '--concurrency=2'),
  lint: pnpmCommand(['exec', 'biome', 'check', '.']),
  unused: pnpmCommand(['run', '--silent', 'unused']),
  types: script('types'),
});
await together({ 'package checks': turbo('packcheck', '--concurrency=2'), site: turbo('site') });

const required = process.env.CI ? { ICCONV_REQUIRE_BACKENDS: 'native,wasm,js' } : {};
const began = performance.now();
counts.tests('unit', unitTests({ env: required }), (performance.now() - began) / 1000);

const hasNative = native || process.env.CI;
if (!hasNative) counts.skip('native');
await together({
  ...(hasNative && { native: pnpmCommand(['--silent', '--filter', '@icconv/tensor-ops', 'run', 'test:native']) }),
  packed: script('test-packed', ...(native ? ['--native'] : [])),
});

console.log(`\n${counts}`);
process.exit(counts.exitCode);
