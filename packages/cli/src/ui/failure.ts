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
  if (error instanceof Error && (error.name === 'AbortError' || error.message === 'interrupted')) {
    console.error(pc.yellow('interrupted'));
    return INTERRUPTED;
  }
  const label = pc.red(pc.bold('error'));
  if (VisionError.isInstance(error)) {
    console.error(`${label} ${rephraseOptions(error.message, error.hints, (hint) => flagFor(hint, command))}`);
  } else console.error(`${label} ${error instanceof Error ? error.stack : String(error)}`);
  return 1;
}
