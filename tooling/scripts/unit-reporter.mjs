// A vitest reporter that writes what `pnpm test` counts: every test, file and error once, those outside of tests included. Vitest's own
// JSON report knows nothing of unhandled errors, of hooks that failed, or of files whose process died.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';

export default class UnitReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, skipped: 0, failures: [] };
    const fail = (name, errors) => counts.failures.push({ name, message: errors[0]?.message ?? 'no message' });
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      if (module.errors().length > 0) fail(file, module.errors());
      // Hooks around tests: their tests are left out, not failed.
      for (const suite of module.children.allSuites()) {
        if (suite.errors().length > 0) fail(`${file} > ${suite.fullName}`, suite.errors());
      }
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed') counts.passed++;
        else if (state === 'skipped') counts.skipped++;
        else if (state === 'failed') fail(`${file} > ${test.fullName}`, errors);
        else fail(`${file} > ${test.fullName}`, [{ message: 'did not end' }]);
      }
    }
    for (const error of unhandledErrors) fail('outside of tests', [error]);
    writeFileSync(process.env.ICCONV_UNIT_REPORT, JSON.stringify(counts));
  }
}
