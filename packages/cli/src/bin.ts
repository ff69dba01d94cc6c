#!/usr/bin/env node
import type { Command } from 'commander';
import { createProgram } from './program';

// Ctrl-C ends a command by its signal first, so that it can clean up; a second one ends the process.
const interrupt = new AbortController();
process.once('SIGINT', () => {
  process.once('SIGINT', () => process.exit(130));
  interrupt.abort(new Error('interrupted'));
});

let running: Command | undefined;
try {
  const program = await createProgram({ signal: interrupt.signal }, process.argv.slice(2));
  program.hook('preAction', (_, command) => {
    running = command;
  });
  await program.parseAsync();
} catch (error) {
  // With what tells errors apart, which a command that ends well has no need of.
  const { reportFailure } = await import('./ui/failure');
  process.exitCode = reportFailure(error, running);
}
