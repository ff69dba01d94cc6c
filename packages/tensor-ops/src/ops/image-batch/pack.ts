/** TensorFlow.js has no 8-bit tensors: pixels travel as int32 tensors that hold four bytes an element. */
import type { RgbImage } from './types';

/** The bytes of a picture as int32, without a copy where they lie aligned in a buffer that is long enough. */
export function packPixels({ data, height, width }: RgbImage): Int32Array {
  const bytes = height * width * 3;
  const elements = Math.ceil(bytes / 4);
  if (data.byteOffset % 4 === 0 && data.byteOffset + elements * 4 <= data.buffer.byteLength) {
    return new Int32Array(data.buffer as ArrayBuffer, data.byteOffset, elements);
  }
  const copy = new Int32Array(elements);
  new Uint8Array(copy.buffer).set(data.subarray(0, bytes));
  return copy;
}

export function unpackPixels(packed: Int32Array): Uint8Array {
  return new Uint8Array(packed.buffer, packed.byteOffset, packed.byteLength);
}
