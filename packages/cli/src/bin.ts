#!/usr/bin/env node
import { createProgram } from './program';
import { reportFailure } from './ui/failure';

// Ctrl-C ends a command by its signal first, so that it can clean up; a second one ends the process.
const interrupt = new AbortController();
process.once('SIGINT', () => {
  process.once('SIGINT', () => process.exit(130));
  interrupt.abort(new Error('interrupted'));
});

try {
  await createProgram({ signal: interrupt.signal }).parseAsync();
} catch (error) {
  process.exitCode = reportFailure(error);
}
