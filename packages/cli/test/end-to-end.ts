/** What end-to-end tests of the command line share: the engine or a skip, a folder, what was printed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VisionError } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import { afterAll, afterEach, beforeAll, beforeEach, expect, vi } from 'vitest';
import { createProgram } from '../src/program';

export interface EndToEnd {
  /** A path in the test's folder. */
  path(...names: string[]): string;
  icconv(...args: string[]): Promise<unknown>;
  /** Runs a command that must fail with one of the project's errors; its message. */
  fails(...args: string[]): Promise<string>;
  /** Lines on standard output since the test began or since the last `take`. */
  readonly printed: string[];
  readonly complained: string[];
  /** What was printed, which is then forgotten. */
  take(): string;
}

/** Registers the hooks of a file of tests; they skip, visibly, without the native engine. */
export function endToEnd(name: string): EndToEnd {
  const folder = mkdtempSync(join(tmpdir(), `icconv-cli-${name}-`));
  const printed: string[] = [];
  const complained: string[] = [];
  let missing: string | undefined;

  beforeAll(async () => {
    missing = await useEngine({ device: 'cpu', threads: 2 }).then(
      () => undefined,
      (error: Error) => error.message,
    );
    if (missing !== undefined && process.env.ICCONV_REQUIRE_BACKENDS?.includes('native')) throw new Error(missing);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing);
    printed.length = complained.length = 0;
    vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
    vi.spyOn(console, 'error').mockImplementation((text: string) => void complained.push(text));
    vi.spyOn(process.stderr, 'write').mockImplementation(() => true);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    process.exitCode = 0;
  });

  const icconv = async (...args: string[]) =>
    (await createProgram({ signal: new AbortController().signal }, args)).parseAsync(args, { from: 'user' });
  const fails = async (...args: string[]) => {
    const error = await icconv(...args).catch((reason: unknown) => reason);
    expect(VisionError.isInstance(error), String(error)).toBe(true);
    return (error as Error).message;
  };
  return {
    path: (...names) => join(folder, ...names),
    icconv,
    fails,
    printed,
    complained,
    take: () => printed.splice(0).join('\n'),
  };
}
