/** What kernels throw, as errors of this project. */
import { KernelError, OutOfMemoryError, VisionError } from '../errors';

/** Of TF_Code in tensorflow/c/tf_status.h. */
const RESOURCE_EXHAUSTED = 8;

/** The error of a kernel of `op` as one of the `VisionError` family where it tells of memory or comes from TensorFlow; else itself. */
export function kernelError(op: string, error: unknown): unknown {
  if (VisionError.isInstance(error) || !(error instanceof Error)) return error;
  const { message } = error;
  // Typed arrays and WebAssembly.
  if (error instanceof RangeError && /array length|allocation failed|Maximum/i.test(message)) {
    return new OutOfMemoryError(op, undefined, { cause: error });
  }
  // The binding of TensorFlow.js: "Invalid TF_Status: <code>", then "Message: <text>".
  const status = /^Invalid TF_Status: (\d+)\s+Message: ([\s\S]*)$/.exec(message);
  if (status === null) return error;
  const [, code, text] = status as unknown as [string, string, string];
  // oneDNN has a status of its own, of which 1 is that memory ended.
  if (Number(code) === RESOURCE_EXHAUSTED || /oneDNN|exception: Status: 1,/.test(text)) {
    return new OutOfMemoryError(op, bytesIn(text), { cause: error });
  }
  return new KernelError(op, text.trim(), { cause: error });
}

/** Whether TensorFlow refused an op's arguments, as against failing for want of memory or otherwise. */
export const isRefusal = (error: unknown): boolean => /^Invalid TF_Status: 3\b/.test((error as Error).message);

/** From native/binding/op.h, or from TensorFlow's own "OOM when allocating tensor with shape[2,3] and type float". */
function bytesIn(text: string): number | undefined {
  const asked = /asked for (\d+) bytes/.exec(text);
  if (asked !== null) return Number(asked[1]);
  const shape = /shape\[([\d,]*)\] and type (?:float|int32)/.exec(text);
  return shape === null ? undefined : shape[1]!.split(',').reduce((bytes, length) => bytes * Number(length || 1), 4);
}
