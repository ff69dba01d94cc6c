import type { PictureResult } from '@icconv/task';
import type { z } from 'zod';

/** What is asked of a picture, and what comes back. */
export interface ServedTask {
  /** Path of the requests: `detect`. */
  readonly verb: string;
  /** `find objects in pictures`. */
  readonly description: string;
  /** Of the query's parameters, which are texts. */
  readonly query: z.ZodType<Readonly<Record<string, unknown>>>;
  /** Of a result. */
  readonly answer: z.ZodType<PictureResult>;
  /**
   * Works on a picture.
   *
   * @param picture - as it was sent, to be taken as bytes alone.
   * @throws ImageDecodeError for one that cannot be read, which is told to who sent it; what else is thrown is not.
   */
  run(picture: Uint8Array, query: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<PictureResult>;
  /** The picture with a result drawn over it, encoded. */
  draw(
    picture: Uint8Array,
    result: PictureResult,
    query: Readonly<Record<string, unknown>>,
    format: 'png' | 'jpg',
  ): Promise<Uint8Array>;
  /** Told at `/model`. */
  readonly model: { readonly name: string; readonly classes?: readonly string[] };
}
