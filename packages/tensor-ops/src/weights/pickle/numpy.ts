/** NumPy arrays and scalars inside checkpoints. Source: numpy's documentation of `ndarray.__reduce__` and `dtype.__reduce__`. */
import { DTYPES, decodeInto, dtypeFromNumpy, type WeightDtype } from '../dtypes';
import { type Budget, COST } from '../limits';
import { LongText, NumpyArray, NumpyDtype } from './values';

type Fail = (problem: string) => never;

/** State of a dtype: (version, byte order, ...). */
export function buildDtype(target: NumpyDtype, state: unknown, fail: Fail): void {
  if (!Array.isArray(state) || typeof bytesOrText(state[1]) !== 'string') fail('a numpy type has a damaged state');
  target.bigEndian = bytesOrText((state as unknown[])[1]) === '>';
}

/** State of an array: (version, shape, dtype, column-major?, bytes). Arrays of objects or texts stay without data. */
export function buildArray(target: NumpyArray, state: unknown, fail: Fail, budget: Budget): void {
  // Arrays of numpy 1.0 and before carry no version.
  const fields = Array.isArray(state) && state.length === 4 ? [0, ...state] : state;
  if (!Array.isArray(fields) || fields.length < 5) fail('a numpy array has a damaged state');
  const [, shape, dtype, fortran, data] = fields as unknown[];
  fill(target, { shape, dtype, fortran: fortran === true, data: dataOf(data, budget) }, fail, budget);
}

/** `_frombuffer(buffer, dtype, shape, order)`: arrays of protocol 5. */
export function fromBuffer(args: readonly unknown[], fail: Fail, budget: Budget): NumpyArray {
  const [data, dtype, shape, order] = args;
  const array = new NumpyArray();
  fill(array, { shape, dtype, fortran: order === 'F', data: dataOf(data, budget) }, fail, budget);
  return array;
}

interface ArrayFields {
  readonly shape: unknown;
  readonly dtype: unknown;
  readonly fortran: boolean;
  readonly data: Uint8Array | undefined;
}

function fill(target: NumpyArray, { shape, dtype, fortran, data }: ArrayFields, fail: Fail, budget: Budget): void {
  const whole = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  if (!Array.isArray(shape) || !shape.every(whole) || !(dtype instanceof NumpyDtype)) {
    fail('a numpy array has a damaged state');
  }
  target.shape = shape as number[];
  target.code = dtype.code;
  const type = dtypeFromNumpy(dtype.code);
  if (type === undefined || data === undefined) return;
  const { size } = DTYPES[type];
  const count = (shape as number[]).reduce((product, n) => product * n, 1);
  if (data.byteLength !== count * size)
    fail(`a numpy array of shape [${shape.slice(0, 8).join(', ')}] has ${data.byteLength} bytes`);
  budget.spend(COST.object + (dtype.bigEndian ? data.byteLength : 0));
  target.dtype = type;
  target.fortran = fortran;
  target.data = dtype.bigEndian ? swapped(data, partSize(type)) : data;
}

/** `numpy.float64(...)` and the like: (dtype, bytes). */
export function reconstructScalar(args: readonly unknown[], fail: Fail, budget: Budget): unknown {
  const [dtype, content] = args;
  if (!(dtype instanceof NumpyDtype)) return fail('a numpy scalar has no type');
  const type = dtypeFromNumpy(dtype.code);
  const data = dataOf(content, budget);
  // Scalars of other types (texts, dates) carry nothing about weights.
  if (type === undefined || data === undefined) return null;
  const { size, natural } = DTYPES[type];
  if (natural === undefined) return null;
  if (data.byteLength !== size) return fail(`a numpy scalar of type ${dtype.code} has ${data.byteLength} bytes`);
  const value = new Float64Array(1);
  decodeInto(dtype.bigEndian ? swapped(data, partSize(type)) : new Uint8Array(data), type, value, 0, 'a numpy scalar');
  return type === 'bool' ? value[0] !== 0 : value[0];
}

/** The bytes of an array; Python 2 has them as `str`, which is read as a text. */
function dataOf(value: unknown, budget: Budget): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') {
    budget.spend(COST.object + value.length);
    return new Uint8Array(Buffer.from(value, 'latin1'));
  }
  return value instanceof LongText && value.encoding === 'latin1' ? value.bytes : undefined;
}

/** `f4`, or with the byte order in front `>f4`. */
export function makeDtype([code]: readonly unknown[], fail: Fail): NumpyDtype {
  const text = bytesOrText(code);
  if (typeof text !== 'string') return fail('a numpy type has no code');
  const dtype = new NumpyDtype(text.replace(/^[<>=|]/, ''));
  dtype.bigEndian = text.startsWith('>');
  return dtype;
}

const bytesOrText = (value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value);

/** Bytes that keep together when their order changes: a complex number has two parts. */
const partSize = (dtype: WeightDtype) => DTYPES[dtype].size / (dtype.startsWith('complex') ? 2 : 1);

function swapped(data: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(data);
  for (let i = 0; i < bytes.length; i += size) bytes.subarray(i, i + size).reverse();
  return bytes;
}
