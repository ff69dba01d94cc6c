/** What every answer but a good one says. */
import { ImageDecodeError, VisionError } from '@icconv/base';
import { z } from 'zod';

export const REFUSAL = z.object({
  error: z.object({ code: z.string(), message: z.string() }),
});

export const refusal = (code: string, message: string): z.infer<typeof REFUSAL> => ({ error: { code, message } });

export interface Failure {
  readonly status: 400 | 499 | 500 | 504;
  readonly body: z.infer<typeof REFUSAL>;
}

/**
 * The answer to a request whose work failed.
 *
 * @param signals - that could have ended it: of the time that it may take, and of the client that has gone.
 */
export function failureOf(
  error: unknown,
  signals: { readonly late: AbortSignal; readonly gone: AbortSignal },
  seconds: number,
): Failure {
  // Nobody reads this one; it is for the metrics.
  if (signals.gone.aborted) return { status: 499, body: refusal('ICCONV_CLIENT_GONE', 'the client has gone') };
  if (signals.late.aborted) {
    return { status: 504, body: refusal('ICCONV_SERVER_TIMEOUT', `no answer within ${seconds} s`) };
  }
  // An error of a process of its own has the code of its kind alone.
  const { code } = error as { readonly code?: unknown };
  if (ImageDecodeError.isInstance(error) || code === 'ICCONV_IMAGE_DECODE') {
    return { status: 400, body: refusal('ICCONV_IMAGE_DECODE', (error as Error).message) };
  }
  // What went wrong inside is for the log and not for strangers.
  const told = VisionError.isInstance(error) ? error.code : 'ICCONV_INTERNAL';
  return { status: 500, body: refusal(told, 'the picture could not be worked on') };
}
