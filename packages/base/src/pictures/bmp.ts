/**
 * Windows bitmaps, which libvips does not read: 1, 4, 8, 16, 24 and 32 bits a pixel, palettes, bit fields, rows in both directions;
 * alpha is ignored, as in OpenCV and Pillow's conversion to RGB. Layout: BITMAPFILEHEADER (14 bytes), a header whose length comes first
 * (BITMAPCOREHEADER 12, BITMAPINFOHEADER 40 and its longer successors), palette, rows padded to four bytes.
 */
import { DecodeFailure } from './decode-failure';
import type { DecodedImage } from './image-input';

const FILE_HEADER = 14;
const CORE_HEADER = 12;
const INFO_HEADER = 40;
const DEPTHS = [1, 4, 8, 16, 24, 32];
const UNCOMPRESSED = 0;
const BIT_FIELDS = [3, 6];

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bottomUp: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Where the bit fields or the palette begin. */
  readonly end: number;
  readonly colours: number;
  /** Bytes a colour of the palette takes. */
  readonly colourBytes: number;
  readonly pixels: number;
}

export const isBmp = (bytes: Uint8Array): boolean => bytes.length >= 2 && bytes[0] === 0x42 && bytes[1] === 0x4d;

/** Width and height from the header. @throws {@link DecodeFailure} */
export function bmpSize(bytes: Uint8Array, path: string): { width: number; height: number } {
  const { width, height } = readHeader(bytes, path);
  return { width, height };
}

/**
 * Decodes to RGB.
 *
 * @param tolerateDamage - rows that are missing stay grey.
 * @throws {@link DecodeFailure}
 */
export function decodeBmp(bytes: Uint8Array, path: string, maxPixels: number, tolerateDamage: boolean): DecodedImage {
  const header = readHeader(bytes, path);
  const { width, height, bits } = header;
  if (width * height > maxPixels) throw new DecodeFailure(path, 'it has more pixels than maxPixels allows');
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  // The padding of the last row is often left out.
  const wanted = header.pixels + rowBytes * (height - 1) + Math.ceil((width * bits) / 8);
  if (!tolerateDamage && wanted > bytes.length) {
    throw new DecodeFailure(path, `it is truncated or damaged (${bytes.length} bytes where ${wanted} are needed)`);
  }
  const data = new Uint8Array(width * height * 3).fill(128);
  const paint = painter(bytes, header, path);
  for (let row = 0; row < height; row++) {
    const from = header.pixels + row * rowBytes;
    if (from + Math.ceil((width * bits) / 8) > bytes.length) break;
    paint(from, data, (header.bottomUp ? height - 1 - row : row) * width * 3);
  }
  return { data, width, height };
}

function readHeader(bytes: Uint8Array, path: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER + CORE_HEADER) throw new DecodeFailure(path, 'it is truncated or damaged (no header)');
  const length = view.getUint32(14, true);
  const core = length === CORE_HEADER;
  if (!core && (length < INFO_HEADER || FILE_HEADER + length > bytes.length)) {
    throw new DecodeFailure(path, `it is truncated or damaged (a header of ${length} bytes)`);
  }
  const [width, signed] = core
    ? [view.getUint16(18, true), view.getUint16(20, true)]
    : [view.getInt32(18, true), view.getInt32(22, true)];
  const bits = view.getUint16(core ? 24 : 28, true);
  const compression = core ? UNCOMPRESSED : view.getUint32(30, true);
  const height = Math.abs(signed);
  if (width < 1 || height < 1) throw new DecodeFailure(path, `it is truncated or damaged (${width}x${height} pixels)`);
  const fields = BIT_FIELDS.includes(compression);
  if (!DEPTHS.includes(bits) || !(compression === UNCOMPRESSED || (fields && (bits === 16 || bits === 32)))) {
    throw new DecodeFailure(
      path,
      `bitmaps of ${bits} bits a pixel with compression ${compression} are not supported; save it as PNG`,
    );
  }
  const given = core ? 0 : view.getUint32(46, true);
  const colours = bits > 8 ? 0 : Math.min(given || 2 ** bits, 2 ** bits);
  const pixels = view.getUint32(10, true);
  return {
    width,
    height,
    bottomUp: signed > 0,
    bits,
    compression,
    end: FILE_HEADER + length,
    colours,
    colourBytes: core ? 3 : 4,
    pixels,
  };
}

/** Paints one row of the file into RGB. */
function painter(bytes: Uint8Array, header: Header, path: string): (from: number, rgb: Uint8Array, to: number) => void {
  const { width, bits } = header;
  if (bits === 24) {
    return (from, rgb, to) => {
      for (let i = 0; i < width * 3; i += 3) {
        rgb[to + i] = bytes[from + i + 2]!;
        rgb[to + i + 1] = bytes[from + i + 1]!;
        rgb[to + i + 2] = bytes[from + i]!;
      }
    };
  }
  if (bits > 8) return fieldsPainter(bytes, header);
  const { end, colours, colourBytes } = header;
  if (end + colours * colourBytes > bytes.length)
    throw new DecodeFailure(path, 'it is truncated or damaged (its palette)');
  const mask = 2 ** bits - 1;
  return (from, rgb, to) => {
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      const index = (bytes[from + (bit >> 3)]! >> (8 - bits - (bit & 7))) & mask;
      // Colours beyond the palette are black, as in other readers.
      for (let c = 0; c < 3; c++) rgb[to + x * 3 + c] = index < colours ? bytes[end + index * colourBytes + 2 - c]! : 0;
    }
  };
}

function fieldsPainter(
  bytes: Uint8Array,
  { width, bits, compression, end }: Header,
): (from: number, rgb: Uint8Array, to: number) => void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const standard = bits === 16 ? [0x7c00, 0x03e0, 0x001f] : [0xff0000, 0x00ff00, 0x0000ff];
  // Longer headers hold the fields themselves, at the place where they follow the short one.
  const at = FILE_HEADER + INFO_HEADER;
  const masks =
    BIT_FIELDS.includes(compression) && Math.max(end, at + 12) <= bytes.length
      ? [0, 4, 8].map((offset) => view.getUint32(at + offset, true))
      : standard;
  const shifts = masks.map((mask) => (mask === 0 ? 0 : 31 - Math.clz32(mask & -mask)));
  const tops = masks.map((mask, i) => mask >>> shifts[i]!);
  return (from, rgb, to) => {
    for (let x = 0; x < width; x++) {
      const value = bits === 16 ? view.getUint16(from + x * 2, true) : view.getUint32(from + x * 4, true);
      for (let c = 0; c < 3; c++) {
        const top = tops[c]!;
        rgb[to + x * 3 + c] = top === 0 ? 0 : Math.floor((((value & masks[c]!) >>> shifts[c]!) * 255) / top + 0.5);
      }
    }
  };
}
