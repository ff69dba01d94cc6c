/**
 * Element types of weight files: one table of names and sizes, and the conversions to and from JavaScript's typed arrays.
 * Names are PyTorch's. All files are little-endian, as is every processor that Node runs on with this engine.
 * Sources: the safetensors README (dtype strings), torch/storage.py (storage classes), IEEE 754 (half), the OCP specification of 8-bit
 * floats and its variants without infinities and negative zero (c10/util/Float8_*.h).
 */
import { InvalidArgumentError } from '../errors';

interface DtypeInfo {
  /** Bytes an element. */
  readonly size: number;
  /** Name in a safetensors header. */
  readonly safetensors: string | undefined;
  /** Legacy class `torch.<storage>` that a pickle uses as the type tag; newer types have none. */
  readonly storage: string | undefined;
  /** NumPy type string without byte order. */
  readonly numpy: string | undefined;
  /** What JavaScript reads it as unless told. */
  readonly natural: ReadDtype | undefined;
}

const table = {
  float32: row(4, 'F32', 'FloatStorage', 'f4', 'float32'),
  float64: row(8, 'F64', 'DoubleStorage', 'f8', 'float32'),
  float16: row(2, 'F16', 'HalfStorage', 'f2', 'float32'),
  bfloat16: row(2, 'BF16', 'BFloat16Storage', undefined, 'float32'),
  int64: row(8, 'I64', 'LongStorage', 'i8', 'int32'),
  int32: row(4, 'I32', 'IntStorage', 'i4', 'int32'),
  int16: row(2, 'I16', 'ShortStorage', 'i2', 'int32'),
  int8: row(1, 'I8', 'CharStorage', 'i1', 'int32'),
  uint64: row(8, 'U64', undefined, 'u8', 'int32'),
  uint32: row(4, 'U32', undefined, 'u4', 'int32'),
  uint16: row(2, 'U16', undefined, 'u2', 'int32'),
  uint8: row(1, 'U8', 'ByteStorage', 'u1', 'int32'),
  bool: row(1, 'BOOL', 'BoolStorage', 'b1', 'bool'),
  float8_e4m3fn: row(1, 'F8_E4M3', undefined, undefined, 'float32'),
  float8_e5m2: row(1, 'F8_E5M2', undefined, undefined, 'float32'),
  float8_e4m3fnuz: row(1, 'F8_E4M3FNUZ', undefined, undefined, 'float32'),
  float8_e5m2fnuz: row(1, 'F8_E5M2FNUZ', undefined, undefined, 'float32'),
  float8_e8m0fnu: row(1, 'F8_E8M0', undefined, undefined, 'float32'),
  // Listed and copied, but not converted to numbers.
  complex64: row(8, 'C64', 'ComplexFloatStorage', 'c8', undefined),
  complex128: row(16, undefined, 'ComplexDoubleStorage', 'c16', undefined),
} satisfies Record<string, DtypeInfo>;

/** Element type of a tensor in a file. */
export type WeightDtype = keyof typeof table;
/** Element types that a file's numbers can be read as: Float32Array, Int32Array, Uint8Array (0 or 1), Float64Array. */
export type ReadDtype = 'float32' | 'int32' | 'bool' | 'float64';
/** Typed array of a {@link ReadDtype}. */
export type WeightData =
  | Float32Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>;

export const DTYPES: Readonly<Record<WeightDtype, DtypeInfo>> = table;
const BY_SAFETENSORS = index('safetensors');
const BY_STORAGE = index('storage');
const BY_NUMPY = index('numpy');

export const dtypeFromSafetensors = (name: string): WeightDtype | undefined => BY_SAFETENSORS.get(name);
export const dtypeFromStorage = (name: string): WeightDtype | undefined => BY_STORAGE.get(name);
export const dtypeFromNumpy = (name: string): WeightDtype | undefined => BY_NUMPY.get(name);
/** `torch.half` and its like are other names of the same dtypes. */
const TORCH_ALIASES: Readonly<Record<string, WeightDtype>> = {
  float: 'float32',
  double: 'float64',
  half: 'float16',
  long: 'int64',
  int: 'int32',
  short: 'int16',
};
export function dtypeFromTorch(name: string): WeightDtype | undefined {
  return TORCH_ALIASES[name] ?? (Object.hasOwn(table, name) ? (name as WeightDtype) : undefined);
}

/** A fresh array of `length` zeros. */
export function allocate(dtype: ReadDtype, length: number): WeightData {
  if (dtype === 'float32') return new Float32Array(length);
  if (dtype === 'float64') return new Float64Array(length);
  if (dtype === 'int32') return new Int32Array(length);
  return new Uint8Array(length);
}

/**
 * Converts raw elements into `target`, from index `at` on.
 *
 * @param raw - little-endian elements of `dtype`; its start is aligned to the element size.
 * @throws {@link InvalidArgumentError} where numbers would be lost: a float read as an integer, an integer outside int32,
 *   a number read as bool; and for complex types.
 */
export function decodeInto(
  raw: Uint8Array<ArrayBuffer>,
  dtype: WeightDtype,
  target: WeightData,
  at: number,
  name: string,
): void {
  const to = readDtypeOf(target);
  const { natural } = DTYPES[dtype];
  if (natural === undefined || (to === 'bool' && natural !== 'bool') || (to === 'int32' && natural === 'float32')) {
    throw new InvalidArgumentError('WeightFile.read', `dtype of ${name}`, to, `one that holds ${dtype} without loss`);
  }
  if (target instanceof Float32Array && (dtype === 'float16' || dtype === 'bfloat16')) {
    const bits = new Uint16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2);
    const part = target.subarray(at, at + bits.length);
    if (dtype === 'float16') decodeHalves(bits, part);
    else decodeBrainHalves(bits, part);
    return;
  }
  const numbers = numericView(raw, dtype);
  if (to === 'int32' && (dtype === 'int64' || dtype === 'uint64' || dtype === 'uint32')) {
    for (let i = 0; i < numbers.length; i++) {
      if (numbers[i] !== (numbers[i]! | 0)) {
        throw new InvalidArgumentError(
          'WeightFile.read',
          `value ${i + at} of ${name}`,
          numbers[i],
          'within int32; read it as float64',
        );
      }
    }
  }
  target.set(numbers, at);
}

/** Raw little-endian bytes of `values` as `dtype`; halves are rounded to nearest, ties to even. */
export function encode(values: ArrayLike<number>, dtype: WeightDtype, name: string): Uint8Array<ArrayBuffer> {
  switch (dtype) {
    case 'float32':
      return bytesOf(values instanceof Float32Array ? values : Float32Array.from(values));
    case 'float64':
      return bytesOf(values instanceof Float64Array ? values : Float64Array.from(values));
    case 'float16':
      return bytesOf(encodeHalves(values));
    case 'bfloat16':
      return bytesOf(encodeBrainHalves(values));
    case 'int64':
      return bytesOf(BigInt64Array.from({ length: values.length }, (_, i) => BigInt(values[i]!)));
    case 'int32':
      return bytesOf(values instanceof Int32Array ? values : Int32Array.from(values));
    case 'bool':
      return bytesOf(Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)));
    default:
      throw new InvalidArgumentError(
        'saveWeights',
        `dtype of ${name}`,
        dtype,
        'a type that can be written from numbers',
      );
  }
}

function numericView(raw: Uint8Array<ArrayBuffer>, dtype: WeightDtype): ArrayLike<number> {
  const { buffer, byteOffset } = raw;
  const length = raw.byteLength / DTYPES[dtype].size;
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer, byteOffset, length);
    case 'float64':
      return new Float64Array(buffer, byteOffset, length);
    case 'float16':
      return decodeHalves(new Uint16Array(buffer, byteOffset, length));
    case 'bfloat16':
      return decodeBrainHalves(new Uint16Array(buffer, byteOffset, length));
    case 'int64':
    case 'uint64':
      return decodeWords(buffer, byteOffset, length, dtype === 'int64');
    case 'int32':
      return new Int32Array(buffer, byteOffset, length);
    case 'uint32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'int16':
      return new Int16Array(buffer, byteOffset, length);
    case 'uint16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'int8':
      return new Int8Array(buffer, byteOffset, length);
    case 'bool':
      return raw.map((value) => (value === 0 ? 0 : 1));
    case 'float8_e4m3fn':
    case 'float8_e5m2':
    case 'float8_e4m3fnuz':
    case 'float8_e5m2fnuz':
    case 'float8_e8m0fnu':
      return Float32Array.from(raw, (byte) => eighthTable(dtype)[byte]!);
    default:
      return raw;
  }
}

function decodeWords(buffer: ArrayBuffer, byteOffset: number, length: number, signed: boolean): Float64Array {
  const low = new Uint32Array(buffer, byteOffset, length * 2);
  const high = signed ? new Int32Array(buffer, byteOffset, length * 2) : low;
  const numbers = new Float64Array(length);
  for (let i = 0; i < length; i++) numbers[i] = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
  return numbers;
}

// All 65536 halves, made at first use: a look-up is several times faster than taking each apart.
let halves: Float32Array | undefined;

function decodeHalves(bits: Uint16Array, numbers = new Float32Array(bits.length)): Float32Array {
  halves ??= Float32Array.from({ length: 65536 }, (_, half) => halfToNumber(half));
  const table = halves;
  for (let i = 0; i < bits.length; i++) numbers[i] = table[bits[i]!]!;
  return numbers;
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

type Float8 = Extract<WeightDtype, `float8_${string}`>;

/**
 * `special`: what the largest exponent or the sign alone stand for. `ieee`: infinities and NaN. `finite`: NaN where all bits below the sign
 * are set. `unsigned-zero`: NaN is the negative zero.
 */
const FLOAT8: Readonly<Record<Float8, { readonly fraction: number; readonly bias: number; readonly special: string }>> =
  {
    float8_e4m3fn: { fraction: 3, bias: 7, special: 'finite' },
    float8_e5m2: { fraction: 2, bias: 15, special: 'ieee' },
    float8_e4m3fnuz: { fraction: 3, bias: 8, special: 'unsigned-zero' },
    float8_e5m2fnuz: { fraction: 2, bias: 16, special: 'unsigned-zero' },
    float8_e8m0fnu: { fraction: 0, bias: 127, special: 'power' },
  };
const eighths = new Map<Float8, Float32Array>();

/** All 256 values. */
function eighthTable(dtype: Float8): Float32Array {
  let values = eighths.get(dtype);
  if (values === undefined) {
    values = Float32Array.from({ length: 256 }, (_, byte) => float8ToNumber(byte, dtype));
    eighths.set(dtype, values);
  }
  return values;
}

function float8ToNumber(byte: number, dtype: Float8): number {
  const { fraction: bits, bias, special } = FLOAT8[dtype];
  // A power of two and nothing else, without a sign.
  if (special === 'power') return byte === 255 ? Number.NaN : 2 ** (byte - bias);
  const sign = byte & 0x80 ? -1 : 1;
  const magnitude = byte & 0x7f;
  const exponent = magnitude >> bits;
  const fraction = magnitude & (2 ** bits - 1);
  if (special === 'unsigned-zero' && byte === 0x80) return Number.NaN;
  if (special === 'finite' && magnitude === 0x7f) return Number.NaN;
  if (special === 'ieee' && exponent === 0x7f >> bits) {
    return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return exponent === 0
    ? sign * fraction * 2 ** (1 - bias - bits)
    : sign * (1 + fraction / 2 ** bits) * 2 ** (exponent - bias);
}

function decodeBrainHalves(bits: Uint16Array, numbers = new Float32Array(bits.length)): Float32Array {
  const words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return numbers;
}

function encodeBrainHalves(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    // Rounding could carry a NaN's fraction into infinity, so a NaN keeps its top bits and is made quiet.
    if ((word & 0x7fffffff) > 0x7f800000) bits[i] = (word >>> 16) | 0x40;
    else bits[i] = (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

function encodeHalves(values: ArrayLike<number>): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) bits[i] = floatBitsToHalf(words[i]!);
  return bits;
}

/** Float32 bits to half bits. The float's 13 surplus fraction bits are rounded to nearest even; a carry into the exponent is right. */
function floatBitsToHalf(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  // 65520 and above round to infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  // Below the smallest normal half: count in units of 2^-24, the smallest half.
  const exponent = magnitude >>> 23;
  if (exponent < 102) return sign;
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const shift = 126 - exponent;
  const kept = fraction >>> shift;
  const rest = fraction - kept * 2 ** shift;
  const half = 2 ** (shift - 1);
  return sign | (kept + (rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0));
}

function readDtypeOf(target: WeightData): ReadDtype {
  if (target instanceof Float32Array) return 'float32';
  if (target instanceof Float64Array) return 'float64';
  return target instanceof Int32Array ? 'int32' : 'bool';
}

function bytesOf(array: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(array.buffer as ArrayBuffer, array.byteOffset, array.byteLength);
}

function row(
  size: number,
  safetensors: string | undefined,
  storage: string | undefined,
  numpy: string | undefined,
  natural: ReadDtype | undefined,
): DtypeInfo {
  return { size, safetensors, storage, numpy, natural };
}

function index(key: 'safetensors' | 'storage' | 'numpy'): ReadonlyMap<string, WeightDtype> {
  const map = new Map<string, WeightDtype>();
  for (const [dtype, info] of Object.entries(table)) {
    const name = info[key];
    if (name !== undefined) map.set(name, dtype as WeightDtype);
  }
  return map;
}
