/** `model.json`: what a network is. Free of Node. */
import { isRecord, VisionError } from '@icconv/base';
import type { NetworkTask, NetworkTypes } from '../contract/network-task';

/** Name of the description in a model's folder. */
export const MODEL_FILE = 'model.json';
/** Weights beside it, looked for in this order where none are named. */
export const WEIGHT_FILES = ['model.safetensors', 'best.safetensors', 'final.safetensors'] as const;

/** A description that cannot be read, or is none. */
export class ModelFileError extends VisionError {
  static override readonly kind: string = 'ModelFileError';

  constructor(path: string, fault: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_MODEL_FILE', `${path}: ${fault}`, options);
  }
}

/** @param file - where the text is from, for messages. @throws {@link ModelFileError} */
export function parseDescription(text: string, file: string): Readonly<Record<string, unknown>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new ModelFileError(file, `is no JSON: ${(error as Error).message}`, { cause: error });
  }
  if (!isRecord(json)) throw new ModelFileError(file, 'expected an object');
  return json;
}

/** The network that a description is of. @throws {@link ModelFileError} with every fault and its place. */
export function describedModel<T extends NetworkTypes>(
  { model, noun }: NetworkTask<T>,
  { format, ...rest }: Readonly<Record<string, unknown>>,
  file: string,
): T['model'] {
  if (format !== model.format) {
    const expected = `expected "${model.format}", a ${noun}'s`;
    throw new ModelFileError(file, `format: ${expected}, received ${JSON.stringify(format)}`);
  }
  const result = model.schema.safeParse(rest);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path: place, message }) => `${place.join('.') || 'file'}: ${message}`);
  throw new ModelFileError(file, faults.join('; '));
}
