#!/usr/bin/env node
import module from 'node:module';
import { join } from 'node:path';
import type { Command } from 'commander';
import { COMMANDS } from './commands';
import { createProgram } from './program';

// Ctrl-C ends a command by its signal first, so that it can clean up; a second one ends the process.
const interrupt = new AbortController();
process.once('SIGINT', () => {
  process.once('SIGINT', () => process.exit(130));
  interrupt.abort(new Error('interrupted'));
});

const words = process.argv.slice(2);
let running: Command | undefined;
try {
  if (words.some((word) => Object.hasOwn(COMMANDS, word))) await keepCompiledModules();
  const program = await createProgram({ signal: interrupt.signal }, words);
  program.hook('preAction', (_, command) => {
    running = command;
  });
  await program.parseAsync();
} catch (error) {
  // With what tells errors apart, which a command that ends well has no need of.
  const { reportFailure } = await import('./ui/failure');
  process.exitCode = reportFailure(error, running);
}

/**
 * From Node 22.8 on: what V8 made of modules serves the next process, to which half of the time of loading them goes. In a folder of the user's own, as
 * it is read back unchecked.
 */
async function keepCompiledModules(): Promise<void> {
  const { enableCompileCache } = module as { readonly enableCompileCache?: (folder: string) => unknown };
  if (enableCompileCache === undefined) return;
  const { makeFolder } = await import('@icconv/base/files');
  const { cacheRoot } = await import('@icconv/tensor-ops/download');
  const folder = join(cacheRoot(), 'compiled-modules');
  try {
    await makeFolder(folder);
  } catch {
    // The modules are compiled anew.
    return;
  }
  enableCompileCache(folder);
}
