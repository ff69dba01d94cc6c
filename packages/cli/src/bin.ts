#!/usr/bin/env node
import type { Command } from 'commander';
import { createProgram } from './program';
import { reportFailure } from './ui/failure';

// Ctrl-C ends a command by its signal first, so that it can clean up; a second one ends the process.
const interrupt = new AbortController();
process.once('SIGINT', () => {
  process.once('SIGINT', () => process.exit(130));
  interrupt.abort(new Error('interrupted'));
});

let running: Command | undefined;
try {
  const program = createProgram({ signal: interrupt.signal });
  program.hook('preAction', (_, command) => {
    running = command;
  });
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error, running);
}
