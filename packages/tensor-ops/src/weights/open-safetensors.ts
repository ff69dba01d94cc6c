import { WeightFormatError } from '../errors';
import { fromMemory } from './byte-source';
import { describeHead } from './describe-head';
import type { WeightLimits } from './limits';
import { readSafetensors } from './safetensors/read';
import type { WeightFile } from './weight-file';

export interface OpenSafetensorsOptions {
  /** Where the bytes are from, for messages: an address or a name. @defaultValue `<memory>` */
  readonly path?: string;
  /** Bounds on what the file may make of itself. @defaultValue `WEIGHT_LIMITS` */
  readonly limits?: Partial<WeightLimits>;
}

/**
 * Opens a whole safetensors file in memory, on every platform. The bytes stay the caller's, and are read when tensors are.
 *
 * @throws {@link WeightFormatError} when it is another format, truncated or damaged.
 */
export async function openSafetensors(bytes: Uint8Array, options: OpenSafetensorsOptions = {}): Promise<WeightFile> {
  const { path = '<memory>', limits } = options;
  if (bytes.byteLength === 0) throw new WeightFormatError(path, 'is empty');
  // Behind the length stands the header, a JSON object.
  if (bytes[8] !== 0x7b) throw new WeightFormatError(path, describeHead(bytes.subarray(0, 64)));
  return readSafetensors(fromMemory(bytes, path), limits);
}
