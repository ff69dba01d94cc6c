/** What a pickle is read into: plain data. Dictionaries are Maps, tuples and lists are arrays, bytes are Uint8Arrays. */
import type { WeightDtype } from '../dtypes';

/** An allow-listed class or function, standing for itself. */
export class PickleGlobal {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** An object whose class is on the list of those kept as data: its arguments and state are held, its code never runs. */
export class OpaqueObject {
  readonly type: string;
  readonly args: unknown;
  state: unknown;
  constructor(type: string, args: unknown) {
    this.type = type;
    this.args = args;
  }
}

/** `torch.Storage`: elements in another part of the file. */
export class StorageRef {
  readonly key: string;
  /** Undefined for an untyped storage, whose elements are bytes. */
  readonly dtype: WeightDtype | undefined;
  /** Elements (bytes when untyped). */
  readonly length: number;
  /** Legacy files: elements from the start of the stored record; the view's own size is `length`. */
  readonly offset: number;
  constructor(key: string, dtype: WeightDtype | undefined, length: number, offset = 0) {
    this.key = key;
    this.dtype = dtype;
    this.length = length;
    this.offset = offset;
  }
}

/** `torch.Tensor`: a strided view of a storage; offset and strides count elements. */
export class TensorRef {
  readonly storage: StorageRef;
  readonly dtype: WeightDtype;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(
    storage: StorageRef,
    dtype: WeightDtype,
    offset: number,
    shape: readonly number[],
    strides: readonly number[],
  ) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** `torch.float32` and its like. */
export class DtypeRef {
  readonly dtype: WeightDtype;
  constructor(dtype: WeightDtype) {
    this.dtype = dtype;
  }
}

/** `numpy.dtype`. */
export class NumpyDtype {
  /** Such as `f8`. */
  readonly code: string;
  bigEndian = false;
  constructor(code: string) {
    this.code = code;
  }
}

/** `numpy.ndarray`; filled in by its state. */
export class NumpyArray {
  shape: readonly number[] = [];
  dtype: WeightDtype | undefined;
  /** True when the first index varies fastest. */
  fortran = false;
  data: Uint8Array = new Uint8Array(0);
}
