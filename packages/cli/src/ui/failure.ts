import { rephraseOptions, VisionError } from '@icconv/tensor-ops';
import type { Command } from 'commander';
import pc from 'picocolors';
import { flagFor } from '../weights/weight-options';

/** Exit code of Ctrl-C. */
export const INTERRUPTED = 130;

/**
 * Prints a failed command's error and gives the exit code: 130 when interrupted, else 1. Errors made on purpose carry their remedy
 * and need no stack; anything else is a fault of ours and shows where it came from.
 *
 * @param command - the one that ran: options of the library are named by its flags.
 */
export function reportFailure(error: unknown, command?: Command): number {
  if (isInterruption(error)) {
    console.error(pc.yellow('interrupted'));
    return INTERRUPTED;
  }
  console.error(`${pc.red(pc.bold('error'))} ${failureText(error, command)}`);
  return 1;
}

/** Errors made on purpose by their message, others with where they came from. */
export function failureText(error: unknown, command?: Command): string {
  if (isInterruption(error)) return 'interrupted';
  if (!VisionError.isInstance(error)) return error instanceof Error ? error.stack! : String(error);
  return rephraseOptions(error.message, error.hints, (hint) => flagFor(hint, command));
}

const isInterruption = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'AbortError' || error.message === 'interrupted');
