// pnpm coverage [PACKAGE ...]: what part of each package's sources its own unit tests reach. What runs in processes of its own (the program
// itself, hosted networks, workers of trainings) and in C++ is not counted.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackages, installDependencies, ROOT, run } from './steps.mjs';

const FOLDER = join(ROOT, 'out/coverage');

/** Runs a package's tests; its row of the table. */
function coverageOf(name) {
  const reports = join(FOLDER, name);
  const code = run(process.execPath, [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    `--project=@icconv/${name}`,
    '--coverage.enabled',
    '--coverage.provider=v8',
    `--coverage.include=packages/${name}/src/**/*.ts`,
    '--coverage.exclude=**/*.test.ts',
    '--coverage.reporter=json-summary',
    '--coverage.reporter=html',
    `--coverage.reportsDirectory=${reports}`,
  ]);
  if (code !== 0) return { row: [name, 'its tests fail', ''], code };
  const { total } = JSON.parse(readFileSync(join(reports, 'coverage-summary.json'), 'utf8'));
  const share = ({ covered, total: all }) => `${((100 * covered) / all).toFixed(1)} %`;
  return { row: [name, share(total.statements), share(total.branches)], code };
}

const tested = (name) => existsSync(join(ROOT, 'packages', name, 'vitest.config.ts'));

const given = process.argv.slice(2);
const unknown = given.find((name) => !tested(name));
if (unknown !== undefined) {
  console.error(`usage: pnpm coverage [PACKAGE ...]; "${unknown}" is no package with tests`);
  process.exit(1);
}
installDependencies();
// Some tests run what is built.
buildPackages();
const all = (given.length > 0 ? given : readdirSync(join(ROOT, 'packages')).filter(tested)).map(coverageOf);
console.log('\n| package | statements | branches |\n| --- | ---: | ---: |');
for (const { row } of all) console.log(`| ${row.join(' | ')} |`);
console.log(`\nLine by line: ${FOLDER}, a folder for each package`);
process.exit(all.find(({ code }) => code !== 0)?.code ?? 0);
