/** What a pickle is read into: plain data. Dictionaries are Maps, tuples and lists are arrays, bytes are Uint8Arrays. */
import type { WeightDtype } from '../dtypes';

/** A class or function, standing for itself. */
export class PickleGlobal {
  /** Canonical, see names.ts. */
  readonly name: string;
  /** As the file spells it. */
  readonly spelled: string;
  constructor(name: string, spelled = name) {
    this.name = name;
    this.spelled = spelled;
  }
}

/** An object that is kept closed: its arguments, items and state are held as data, its code never runs, and no weights come from it. */
export class OpaqueObject {
  /** As the file spells it. */
  readonly type: string;
  readonly args: readonly unknown[];
  /** Of a class derived from a dictionary or a list. */
  items: Map<unknown, unknown> | unknown[] | undefined;
  state: unknown;
  constructor(type: string, args: readonly unknown[]) {
    this.type = type;
    this.args = args;
  }
}

/** `torch.Storage`: elements in another part of the file. */
export class StorageRef {
  readonly key: string;
  /** Undefined for an untyped storage, whose elements are bytes, and for {@link unreadable} ones. */
  readonly dtype: WeightDtype | undefined;
  /** Elements (bytes when untyped). */
  readonly length: number;
  /** Legacy files: elements from the start of the stored record; the view's own size is `length`. */
  readonly offset: number;
  /** An element type that numbers are not made from: its name, and the bytes of an element. */
  readonly unreadable: UnreadableType | undefined;
  constructor(key: string, dtype: WeightDtype | undefined, length: number, offset = 0, unreadable?: UnreadableType) {
    this.key = key;
    this.dtype = dtype;
    this.length = length;
    this.offset = offset;
    this.unreadable = unreadable;
  }
}

export interface UnreadableType {
  readonly name: string;
  readonly size: number;
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

/** A tensor that is there, but whose numbers cannot be had: without data, quantized, sparse, of an unknown element type. */
export class UnreadableTensor {
  /** `a meta tensor: it has a shape and no data`. */
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** `torch.float32` and its like. */
export class DtypeRef {
  /** Undefined for a type that numbers are not made from. */
  readonly dtype: WeightDtype | undefined;
  readonly name: string;
  constructor(dtype: WeightDtype | undefined, name: string) {
    this.dtype = dtype;
    this.name = name;
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
  /** Its type where {@link dtype} is undefined: `O`. */
  code = '';
  /** True when the first index varies fastest. */
  fortran = false;
  data: Uint8Array = new Uint8Array(0);
}

/**
 * A text too long to be a name, not decoded: the old protocols spell an array's bytes as texts, and a text that was Python 2's `str` may be
 * bytes.
 */
export class LongText {
  readonly bytes: Uint8Array;
  readonly encoding: 'utf8' | 'latin1';
  constructor(bytes: Uint8Array, encoding: 'utf8' | 'latin1') {
    this.bytes = bytes;
    this.encoding = encoding;
  }

  toString(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString(this.encoding);
  }
}

export const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');
