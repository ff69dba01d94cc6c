import { VisionError } from '@icconv/tensor-ops';
import pc from 'picocolors';

/**
 * Prints a failed command's error and gives the exit code: 130 when interrupted, else 1. Errors made on purpose carry their remedy
 * and need no stack; anything else is a fault of ours and shows where it came from.
 */
export function reportFailure(error: unknown): number {
  if (error instanceof Error && (error.name === 'AbortError' || error.message === 'interrupted')) {
    console.error(pc.yellow('interrupted'));
    return 130;
  }
  const label = pc.red(pc.bold('error'));
  if (VisionError.isInstance(error)) console.error(`${label} ${error.message}`);
  else console.error(`${label} ${error instanceof Error ? error.stack : String(error)}`);
  return 1;
}
