/** `pnpm test` loses no failure, wherever it happens, and its last line says so. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { Counts } from '../../scripts/counts.mjs';
import { unitTests } from '../../scripts/unit-tests.mjs';

async function printed(project: string, env: Record<string, string> = {}) {
  const counts = new Counts();
  counts.step('lint', 0, 12.4);
  const cwd = fileURLToPath(new URL(`./broken-projects/${project}`, import.meta.url));
  counts.tests('unit', await unitTests({ cwd, env, stdio: 'ignore' }), 75);
  return { lines: `${counts}`.split('\n'), exitCode: counts.exitCode };
}

test('failures in tests, hooks, imports and outside of all tests count once each', async () => {
  const { lines, exitCode } = await printed('all-kinds');
  expect(exitCode).toBe(1);
  expect(lines.slice(0, 2)).toEqual([
    'ok    lint             1 passed, 0 failed, 12 s',
    'FAIL  unit             2 passed, 4 failed, 2 skipped, 75 s',
  ]);
  expect(lines.at(-1)).toBe('3 passed, 4 failed');
  const after = (name: string) => lines[lines.indexOf(name) + 1];
  expect(after('tests.test.mjs > group > fails')).toMatch(/^ {4}expected \[ 1, 2 \] to deeply equal \[ 1, 3 \]/);
  expect(after('import.test.mjs')).toContain('./absent.mjs');
  expect(after('hook.test.mjs > prepared')).toBe('    the preparation failed');
  expect(after('outside of tests')).toBe('    nobody caught this');
});

test('a process that is killed counts', async () => {
  const { lines, exitCode } = await printed('killed-worker');
  expect(exitCode).toBe(1);
  expect(lines).toContain('killed.test.mjs > ends its process');
  expect(lines).toContain('outside of tests');
  expect(lines.at(-1)).toBe('1 passed, 2 failed');
});

test.each([
  { what: 'no tests', project: 'no-tests', env: {}, told: 'ended with code 1' },
  {
    what: 'no report',
    project: 'passing',
    env: { NODE_OPTIONS: '--no-such-option' },
    told: 'ended with code 9, without a report',
  },
])('a run with $what is a failure', async ({ project, env, told }) => {
  const { lines, exitCode } = await printed(project, env);
  expect(exitCode).toBe(1);
  expect(lines.slice(-4)).toEqual(['vitest', `    ${told}`, '', '1 passed, 1 failed']);
});

test('an example that prints something else than its README says is a failure, with its place', async () => {
  const { lines } = await printed('wrong-readme');
  expect(lines.slice(-4)[0]).toBe('readme.test.mjs > README.md > the examples run and print what they say');
  expect(lines.slice(-4)[1]).toMatch(/wrong-readme\/README\.md:2: expected 'b' to be 'a'/);
});

test('all is well', async () => {
  const { lines, exitCode } = await printed('passing');
  expect(lines).toEqual([
    'ok    lint             1 passed, 0 failed, 12 s',
    'ok    unit             1 passed, 0 failed, 75 s',
    '',
    '2 passed, 0 failed',
  ]);
  expect(exitCode).toBe(0);
});
