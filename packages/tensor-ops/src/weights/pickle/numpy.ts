/** NumPy arrays and scalars inside checkpoints. Source: numpy's documentation of `ndarray.__reduce__` and `dtype.__reduce__`. */
import { DTYPES, decodeInto, dtypeFromNumpy } from '../dtypes';
import { type NumpyArray, NumpyDtype } from './values';

type Fail = (problem: string) => never;

/** State of a dtype: (version, byte order, ...). */
export function buildDtype(target: NumpyDtype, state: unknown, fail: Fail): void {
  if (!Array.isArray(state) || typeof state[1] !== 'string') fail('a numpy type has a damaged state');
  target.bigEndian = state[1] === '>';
}

/** State of an array: (version, shape, dtype, column-major?, bytes). Arrays of objects or texts stay without data. */
export function buildArray(target: NumpyArray, state: unknown, fail: Fail): void {
  if (!Array.isArray(state) || state.length < 5) fail('a numpy array has a damaged state');
  const [, shape, dtype, fortran, data] = state as unknown[];
  const whole = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(whole) || !(dtype instanceof NumpyDtype)) {
    fail('a numpy array has a damaged state');
  }
  const type = dtypeFromNumpy(dtype.code);
  if (type === undefined || !(data instanceof Uint8Array)) return;
  const { size } = DTYPES[type];
  const count = (shape as number[]).reduce((product, n) => product * n, 1);
  if (data.byteLength !== count * size)
    fail(`a numpy array of shape [${shape.join(', ')}] has ${data.byteLength} bytes`);
  target.shape = shape as number[];
  target.dtype = type;
  target.fortran = fortran === true;
  target.data = dtype.bigEndian ? swapped(data, size) : data;
}

/** `numpy.float64(...)` and the like: (dtype, bytes). */
export function reconstructScalar(args: readonly unknown[], fail: Fail): unknown {
  const [dtype, data] = args;
  if (!(dtype instanceof NumpyDtype)) return fail('a numpy scalar has no type');
  const type = dtypeFromNumpy(dtype.code);
  // Scalars of other types (texts, dates) carry nothing about weights.
  if (type === undefined || !(data instanceof Uint8Array)) return null;
  const { size, natural } = DTYPES[type];
  if (natural === undefined) return null;
  if (data.byteLength !== size) return fail(`a numpy scalar of type ${dtype.code} has ${data.byteLength} bytes`);
  const value = new Float64Array(1);
  decodeInto(dtype.bigEndian ? swapped(data, size) : new Uint8Array(data), type, value, 0, 'a numpy scalar');
  return type === 'bool' ? value[0] !== 0 : value[0];
}

function swapped(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data);
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  return bytes;
}
