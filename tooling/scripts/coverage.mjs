// pnpm coverage [PACKAGE ...]: the unit tests once more, counting which statements of each package's sources they reach, by whosever tests. What
// runs in processes of its own (the program itself, hosted networks, workers of trainings) and in C++ is not counted.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { installDependencies, ROOT, run } from './steps.mjs';

const folder = join(ROOT, 'out/coverage');
const packages = process.argv.slice(2);

installDependencies();
mkdirSync(folder, { recursive: true });
const one = packages.length === 1 ? packages[0] : `{${packages.join(',')}}`;
const code = run(process.execPath, [
  join(ROOT, 'node_modules/vitest/vitest.mjs'),
  'run',
  ...packages.map((name) => `--project=@icconv/${name}`),
  '--coverage.enabled',
  '--coverage.provider=v8',
  `--coverage.include=packages/${packages.length === 0 ? '*' : one}/src/**/*.ts`,
  '--coverage.exclude=**/*.test.ts',
  '--coverage.reporter=json-summary',
  '--coverage.reporter=html',
  // What ran tells something, though a test failed.
  '--coverage.reportOnFailure',
  `--coverage.reportsDirectory=${folder}`,
]);

const files = Object.entries(JSON.parse(readFileSync(join(folder, 'coverage-summary.json'), 'utf8')));
const sums = {};
for (const [file, { statements, branches }] of files) {
  const owner = file === 'total' ? 'all' : relative(join(ROOT, 'packages'), file).split(sep)[0];
  sums[owner] ??= { statements: { covered: 0, total: 0 }, branches: { covered: 0, total: 0 } };
  for (const [kind, { covered, total }] of Object.entries({ statements, branches })) {
    sums[owner][kind].covered += covered;
    sums[owner][kind].total += total;
  }
}
const share = ({ covered, total }) => `${((100 * covered) / total).toFixed(1)} %`;
console.log('\n| package | statements | branches |\n| --- | ---: | ---: |');
for (const [name, { statements, branches }] of Object.entries(sums).sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`| ${name} | ${share(statements)} | ${share(branches)} |`);
console.log(`\nLine by line: ${join(folder, 'index.html')}`);
process.exit(code);
