/** Typed access to the two methods of TensorFlow's Node backend that run any TensorFlow op by its name. */
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

/** One attribute of a TensorFlow op; make it with {@link attr}. */
export interface NativeAttr {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** A TensorFlow op and its attributes, as it is called by itself or stands in a function. */
export interface NativeOp {
  readonly op: string;
  readonly attrs: readonly NativeAttr[];
}

/** What this project uses of tfjs-node's `NodeJSKernelBackend`. */
export interface NativeBackend extends KernelBackend {
  executeSingleOutput(op: string, attrs: readonly NativeAttr[], inputs: readonly TensorInfo[]): TensorInfo;
  executeMultipleOutputs(
    op: string,
    attrs: readonly NativeAttr[],
    inputs: readonly TensorInfo[],
    outputs: number,
  ): TensorInfo[];
}

/** True when TensorFlow runs its ops on a CUDA device. */
export function onCuda(backend: NativeBackend): boolean {
  return (backend as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
}

// Values of TF_AttrType in tensorflow/c/c_api.h, part of its stable C interface.
export const TF_ATTR_STRING = 0;
export const TF_ATTR_INT = 1;
export const TF_ATTR_FLOAT = 2;
export const TF_ATTR_BOOL = 3;
const TF_ATTR_TYPE = 4;
// Value of TF_FLOAT in tensorflow/c/tf_datatype.h.
const TF_FLOAT = 1;

/** Makers of op attributes. An int may be one number or a list; a list of strings is not supported by the binding. */
export const attr = {
  int: (name: string, value: number | readonly number[]): NativeAttr => ({ name, type: TF_ATTR_INT, value }),
  float: (name: string, value: number): NativeAttr => ({ name, type: TF_ATTR_FLOAT, value }),
  bool: (name: string, value: boolean): NativeAttr => ({ name, type: TF_ATTR_BOOL, value }),
  string: (name: string, value: string): NativeAttr => ({ name, type: TF_ATTR_STRING, value }),
  /** The type attribute `T` (or another) set to float32. */
  float32: (name = 'T'): NativeAttr => ({ name, type: TF_ATTR_TYPE, value: TF_FLOAT }),
};

const floats = new Float32Array(1);
const bits = new Int32Array(floats.buffer);

/**
 * The largest float32 that is not above `x`. A float is greater than `x` exactly when it is greater than this, so comparisons in
 * float32 decide as they would in double precision.
 */
export function roundDownToFloat(x: number): number {
  floats[0] = x;
  if (floats[0] <= x) return floats[0];
  // The next float below; for a negative zero that is the smallest negative number.
  bits[0] = floats[0] > 0 ? bits[0]! - 1 : floats[0] === 0 ? -0x7fffffff : bits[0]! + 1;
  return floats[0];
}
