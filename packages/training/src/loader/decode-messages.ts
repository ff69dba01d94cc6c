/** What main thread and decoding threads say to each other. */
import type { ImageInput } from '@icconv/base/pictures';

export interface DecodeJob {
  readonly id: number;
  /** URLs as texts: a URL object does not survive the way between threads. */
  readonly input: Extract<ImageInput, string | Uint8Array | ArrayBuffer>;
  readonly background?: readonly [number, number, number];
  readonly maxPixels?: number;
  readonly tolerateDamage?: boolean;
  readonly meanGrey: boolean;
}

export type DecodeReply =
  | {
      readonly id: number;
      readonly data: Uint8Array<ArrayBuffer>;
      readonly height: number;
      readonly width: number;
      readonly meanGrey: number | undefined;
    }
  | { readonly id: number; readonly path: string; readonly reason: string };
