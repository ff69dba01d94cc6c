// pnpm bench:docs: the numbers of README.md and docs/performance.md from docs/performance.json, which `pnpm bench --all` writes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performanceNumbers, readmeNumbers, withNumbers } from '../bench/report.mjs';
import { ROOT } from './steps.mjs';

const report = JSON.parse(readFileSync(join(ROOT, 'docs/performance.json'), 'utf8'));
const numbers = { 'README.md': readmeNumbers(report), 'docs/performance.md': performanceNumbers(report) };
for (const [name, text] of Object.entries(numbers)) {
  const path = join(ROOT, name);
  writeFileSync(path, withNumbers(readFileSync(path, 'utf8'), text));
}
