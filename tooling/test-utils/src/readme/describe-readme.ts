import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { exampleModule, examplesOf, withPrinted } from './examples';

export interface ReadmeOptions {
  /** What becomes of each example, in their order: run, or why it is not. */
  readonly examples: readonly ('run' | { readonly skip: string })[];
  /** Imports on the part of the test, `(name) => import(name)`, so that it finds what the package has. */
  readonly load: (name: string) => Promise<unknown>;
  /** Makes the files the examples read; the working folder is theirs alone. */
  readonly prepare?: () => Promise<void> | void;
  /** Makes the native engine ready and says why that can't be, if so (as for `describeBackends`). */
  readonly native?: () => Promise<string | undefined>;
}

/** Runs the examples of a README in a folder of their own and compares what they print with what they say they do. */
export function describeReadme(readme: URL, options: ReadmeOptions): void {
  const name = fileURLToPath(readme);
  const examples = examplesOf(readFileSync(readme, 'utf8'));
  const skipped = (i: number) => typeof options.examples[i] === 'object';

  describe(basename(name), () => {
    test('every example is run or said not to be', () => {
      expect(options.examples).toHaveLength(examples.length);
    });

    examples.forEach(({ line }, i) => {
      const what = options.examples[i];
      if (typeof what === 'object') test.skip(`the example at line ${line}: ${what.skip}`);
    });

    test('the examples run and print what they say', async (context) => {
      const missing = await options.native?.();
      if (missing !== undefined) {
        const required = process.env.ICCONV_REQUIRE_BACKENDS?.split(',').includes('native');
        expect(required, missing).not.toBe(true);
        context.skip(missing);
      }
      const { code } = exampleModule(examples, skipped);
      const { run, imports } = asFunction(withPrinted(code));
      const modules = Object.fromEntries(
        await Promise.all(imports.map(async (each) => [each, await options.load(each)])),
      );
      const before = process.cwd();
      const folder = mkdtempSync(join(tmpdir(), 'icconv-readme-'));
      process.chdir(folder);
      let place = name;
      try {
        await options.prepare?.();
        await run({
          require: (each) => modules[each],
          at: (i) => {
            place = `${name}:${examples[i]!.line}`;
          },
          printed: (told, ...values) => expect(format(...values).trimEnd(), place).toBe(told),
        });
      } catch (error) {
        if (error instanceof Error && !error.message.includes(place)) error.message = `${place}: ${error.message}`;
        throw error;
      } finally {
        process.chdir(before);
        rmSync(folder, { recursive: true, force: true });
      }
    });
  });
}

interface Surroundings {
  readonly require: (name: string) => unknown;
  readonly at: (example: number) => void;
  readonly printed: (told: string, ...values: unknown[]) => void;
}

/** The module as a function that is given what it imports. */
function asFunction(code: string): { run: (given: Surroundings) => Promise<void>; imports: string[] } {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  });
  const imports = [...new Set([...outputText.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name!))];
  const body = new Function('require', 'exports', 'printed', 'console', outputText);
  const muted = { log: () => {} };
  const run = async ({ require, at, printed }: Surroundings) => {
    const exports: { examples?: (at: Surroundings['at']) => Promise<void> } = {};
    body(require, exports, printed, muted);
    await exports.examples!(at);
  };
  return { run, imports };
}
