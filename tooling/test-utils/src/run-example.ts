/** Examples run as their READMEs say. */
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { type WorkerProcess, workerProcesses } from './worker-processes';

/**
 * Runs a script to its end in a process of its own. Skips, visibly, where it needs an engine that is not there.
 *
 * @param watch - does something while it runs.
 * @returns what it printed.
 * @throws Error with its standard error where it fails.
 */
export async function runExample(
  context: TestContext,
  script: URL,
  args: readonly string[],
  watch: (process: WorkerProcess) => Promise<void> = async () => {},
): Promise<string> {
  const [end] = await workerProcesses(fileURLToPath(script), [args], ([own]) => watch(own!));
  const { code, stdout, stderr } = end!;
  if (code === 0) return stdout;
  const missing = stderr.includes('ICCONV_ENGINE_UNAVAILABLE');
  if (missing && !process.env.ICCONV_REQUIRE_BACKENDS?.includes('native')) context.skip('the native engine is missing');
  throw new Error(`${script} ended with code ${code}: ${stderr}`);
}
