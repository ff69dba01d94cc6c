/** How many requests may be here at once. */
import type { MiddlewareHandler } from 'hono';
import { refusal } from './refusal';

export interface Admission {
  /** Requests that are here. */
  readonly count: number;
  /** Answers 503 at once where the house is full, before a byte of the body is read. */
  readonly middleware: MiddlewareHandler;
}

/** @param most - requests being worked on and waiting together. */
export function admission(most: number): Admission {
  let count = 0;
  return {
    get count() {
      return count;
    },
    middleware: async (context, next) => {
      if (count >= most) {
        context.header('retry-after', '1');
        return context.json(refusal('ICCONV_SERVER_BUSY', `${most} requests are being worked on; try again`), 503);
      }
      count++;
      try {
        await next();
      } finally {
        count--;
      }
    },
  };
}
