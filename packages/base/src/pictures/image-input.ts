import type { Sharp } from 'sharp';

/** A picture in memory by its pixels: RGBA as the browser's `ImageData`, RGB or grey, told apart by the length of `data`. */
export interface PixelData {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** All that counts as a picture: path, `file:`, `http(s):` or `data:` address, encoded bytes, pixels, or a sharp pipeline. */
export type ImageInput = string | URL | Uint8Array | ArrayBuffer | PixelData | Sharp;

/** A path or `file:` address, an `http(s):` address, a `data:` address, encoded bytes, pixels, a sharp pipeline. */
export type InputKind = 'path' | 'url' | 'data' | 'bytes' | 'pixels' | 'sharp';

/** Which addresses are fetched, and how long that may take. */
export interface FetchLimits {
  /** Names of servers, with the port where it is not the protocol's, such as `images.example.org` or `localhost:8080`. @defaultValue all */
  readonly hosts?: readonly string[];
  /** @defaultValue both */
  readonly protocols?: readonly ('http:' | 'https:')[];
  /** For the whole of it, redirections included. @defaultValue 60 */
  readonly seconds?: number;
}

export interface DecodeOptions {
  /**
   * Kinds of input that are taken; others are refused before anything is read. A server that hands on what strangers send takes
   * `['bytes', 'pixels']`: a string of theirs could name a file of its own, or an address inside its network. @defaultValue all
   */
  readonly accept?: readonly InputKind[];
  /** Limits of addresses that are fetched; redirections are held to them too. @defaultValue none but the time */
  readonly fetch?: FetchLimits;
  /** R, G, B from 0 to 255 under transparent pixels. @defaultValue white */
  readonly background?: readonly [number, number, number];
  /** More pixels than this are refused before they are decoded. @defaultValue 2^28, a picture of 16384 x 16384: 805 MB decoded */
  readonly maxPixels?: number;
  /** A longer encoded picture is refused before it is read. @defaultValue 2^28 */
  readonly maxBytes?: number;
  /** Decoding that takes longer fails. @defaultValue 60 */
  readonly maxSeconds?: number;
  /** Also decode what is damaged, as far as it goes, the rest grey. @defaultValue `false` */
  readonly tolerateDamage?: boolean;
  /** Also take SVG, which is a program that draws: a few bytes of it can keep a processor busy for minutes. @defaultValue `false` */
  readonly allowSvg?: boolean;
  readonly signal?: AbortSignal;
}

/** 8-bit sRGB pixels, height * width * 3 of them, whose buffer nobody else uses. */
export interface DecodedImage {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}
