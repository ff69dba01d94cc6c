/** Typed access to the two methods of TensorFlow's Node backend that run any TensorFlow op by its name. */
import type { KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';

/** One attribute of a TensorFlow op; make it with {@link attr}. */
export interface NativeAttr {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
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

// Values of TF_AttrType in tensorflow/c/c_api.h, part of its stable C interface.
const TF_ATTR_STRING = 0;
const TF_ATTR_INT = 1;
const TF_ATTR_FLOAT = 2;
const TF_ATTR_BOOL = 3;
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
