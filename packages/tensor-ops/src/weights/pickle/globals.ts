/**
 * The Python names that a weight file may use, and what each makes here.
 *
 * Sources: torch/_utils.py and torch/serialization.py (how tensors and storages are pickled), torch/_weights_only_unpickler.py
 * (PyTorch's own list), numpy's `__reduce__` of arrays, scalars and dtypes, Python's Lib/copyreg.py.
 */
import { RefusedPickleError, WeightFormatError } from '../../errors';
import { DTYPES, dtypeFromStorage, dtypeFromTorch } from '../dtypes';
import { type Budget, COST } from '../limits';
import { canonicalName, isFunctionName, kindOfName } from './names';
import { buildArray, buildDtype, fromBuffer, makeDtype, reconstructScalar } from './numpy';
import {
  DtypeRef,
  isNumbers,
  LongText,
  NumpyArray,
  NumpyDtype,
  OpaqueObject,
  PickleGlobal,
  StorageRef,
  TensorRef,
  UnreadableTensor,
} from './values';

/** What a maker needs besides its arguments. */
interface Making {
  readonly fail: (problem: string) => never;
  readonly budget: Budget;
  readonly table: GlobalTable;
}
type Maker = (args: readonly unknown[], making: Making) => unknown;

/** How a pickle makes an object: by calling a class or a function, or by the instruction that only classes take. */
export type CallKind = 'call' | 'new';

export class GlobalTable {
  readonly #path: string;
  readonly #budget: Budget;
  readonly #opaque: ReadonlySet<string>;

  /** @param opaque - names that the caller wants kept closed instead of refused. */
  constructor(path: string, budget: Budget, opaque: readonly string[] = []) {
    this.#path = path;
    this.#budget = budget;
    this.#opaque = new Set(opaque);
  }

  /** What the name stands for. @throws RefusedPickleError for one that runs something in Python. */
  find(spelled: string): unknown {
    const name = canonicalName(spelled);
    if (this.#isOpaque(spelled, name)) return new PickleGlobal(name, spelled);
    if (name.startsWith('torch.')) {
      const rest = name.slice('torch.'.length);
      const dtype = dtypeFromTorch(rest);
      if (dtype !== undefined || UNREADABLE_DTYPES.test(rest)) return new DtypeRef(dtype, rest);
    }
    if (Object.hasOwn(MAKERS, name) || kindOfName(name) !== 'refused') return new PickleGlobal(name, spelled);
    throw new RefusedPickleError(this.#path, spelled, 'function');
  }

  call({ name, spelled }: PickleGlobal, args: readonly unknown[], kind: CallKind): unknown {
    if (this.#isOpaque(spelled, name)) return this.#closed(spelled, args);
    const making = { fail: this.#fail, budget: this.#budget, table: this };
    if (Object.hasOwn(MAKERS, name)) return MAKERS[name]!(args, making);
    // What torch adds with time: tensors of further kinds, all by functions of this name.
    if (/^torch\._utils\._rebuild_\w+$/.test(name)) {
      return new UnreadableTensor(
        `a tensor of a kind that is not read (torch's ${name.slice('torch._utils.'.length)})`,
      );
    }
    switch (kindOfName(name)) {
      case 'opaque':
        return this.#closed(spelled, args);
      case 'foreign':
        // The instruction for objects takes classes alone; a call could be that of a function.
        if (kind === 'call' && isFunctionName(name)) throw new RefusedPickleError(this.#path, spelled, 'function');
        return this.#closed(spelled, args);
      default:
        return this.#fail(`${spelled} is called, which only stands for a type`);
    }
  }

  hasState(target: unknown): boolean {
    return target instanceof NumpyArray || target instanceof NumpyDtype;
  }

  build(target: unknown, state: unknown): void {
    if (target instanceof NumpyArray) buildArray(target, state, this.#fail, this.#budget);
    else if (target instanceof NumpyDtype) buildDtype(target, state, this.#fail);
  }

  #isOpaque(spelled: string, name: string): boolean {
    return this.#opaque.has(spelled) || this.#opaque.has(name);
  }

  #closed(spelled: string, args: readonly unknown[]): OpaqueObject {
    this.#budget.spend(2 * COST.object);
    return new OpaqueObject(spelled, args);
  }

  readonly #fail = (problem: string): never => {
    throw new WeightFormatError(this.#path, `the pickle is damaged or of an unknown kind: ${problem}`);
  };
}

/** Types of torch without a counterpart here: quantized, of less than a byte, complex halves, and what comes after them. */
const UNREADABLE_DTYPES = /^(?:q?u?int\d+(?:x\d+)?|bits\d+(?:x\d+)?|bit|float[48]_\w+|b?complex32|chalf)$/;

const UNREADABLE_STORAGES: Readonly<Record<string, { readonly name: string; readonly size: number }>> = {
  QUInt8Storage: { name: 'quint8', size: 1 },
  QInt8Storage: { name: 'qint8', size: 1 },
  QInt32Storage: { name: 'qint32', size: 4 },
  QUInt4x2Storage: { name: 'quint4x2', size: 1 },
  QUInt2x4Storage: { name: 'quint2x4', size: 1 },
};

/** The storage that `torch.<name>` makes, or undefined when there is no such class. */
export function storageOfClass(name: string, key: string, length: number, offset?: number): StorageRef | undefined {
  const dtype = dtypeFromStorage(name);
  if (dtype !== undefined || name === 'UntypedStorage') return new StorageRef(key, dtype, length, offset);
  const unreadable = Object.hasOwn(UNREADABLE_STORAGES, name) ? UNREADABLE_STORAGES[name] : undefined;
  return unreadable && new StorageRef(key, undefined, length, offset, unreadable);
}

/** Bytes of an element of a storage. */
export const elementSize = ({ dtype, unreadable }: StorageRef): number =>
  unreadable?.size ?? DTYPES[dtype ?? 'uint8'].size;

const ofType = (name: string) => new UnreadableTensor(`its element type ${name} is not read`);

function tensor(args: readonly unknown[], { fail }: Making, type?: DtypeRef): TensorRef | UnreadableTensor {
  const [storage, offset, shape, strides, , , metadata] = args;
  if (!(storage instanceof StorageRef)) return fail('a tensor has no storage');
  if (storage.unreadable !== undefined) return ofType(storage.unreadable.name);
  if (type !== undefined && type.dtype === undefined) return ofType(type.name);
  const dtype = type?.dtype ?? storage.dtype;
  if (dtype === undefined) return fail('a tensor has no element type');
  if (typeof offset !== 'number' || !isNumbers(shape) || !isNumbers(strides))
    return fail('a tensor has a damaged shape');
  // Set on views of complex numbers alone, whose stored numbers are then not those of the tensor.
  const marks = type === undefined && metadata instanceof Map ? metadata : new Map<unknown, unknown>();
  for (const mark of ['neg', 'conj']) {
    if (marks.get(mark) === true)
      return new UnreadableTensor(`a view that is marked ${mark}; save its \`.resolve_${mark}()\``);
  }
  return new TensorRef(storage, dtype, offset, shape, strides);
}

/** See the machine's keys: a table of numbers can be made to take quadratic time. */
const TICKS_A_KEY = 64;
const keyOf = (value: unknown) => (typeof value === 'bigint' ? String(value) : value);

const toMap: Maker = ([items], { fail, budget }) => {
  const map = new Map<unknown, unknown>();
  budget.spend(COST.collection);
  if (items === undefined) return map;
  const pairs = items instanceof Map ? [...items] : items;
  if (!Array.isArray(pairs)) return fail('a dictionary is made from something that is not a list of pairs');
  budget.spend(pairs.length * COST.entry);
  budget.tick(pairs.length);
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) {
      return fail('a dictionary is made from something that is not a list of pairs');
    }
    budget.tick(TICKS_A_KEY);
    map.set(keyOf(pair[0]), pair[1]);
  }
  return map;
};

/** The items of a list, tuple or set; nothing is copied before it is paid for. */
function itemsOf(items: unknown, { fail, budget }: Making, cost: number): Iterable<unknown> {
  const length = Array.isArray(items)
    ? items.length
    : items instanceof Set || items instanceof Map
      ? items.size
      : undefined;
  if (length === undefined) return fail('a collection is made from something that is not one');
  budget.spend(length * cost);
  budget.tick(length);
  return items instanceof Map ? items.keys() : (items as Iterable<unknown>);
}

const toList: Maker = ([items = []], making) => {
  making.budget.spend(COST.object);
  return [...itemsOf(items, making, COST.slot)];
};

const toSet: Maker = ([items = []], making) => {
  making.budget.spend(COST.collection);
  const set = new Set<unknown>();
  for (const item of itemsOf(items, making, COST.entry)) {
    making.budget.tick(TICKS_A_KEY);
    set.add(keyOf(item));
  }
  return set;
};

/** `bytes(...)` and `bytearray(...)` of nothing, of bytes, or of a text and its encoding. */
const toBytes: Maker = (args, making) => {
  const [content = new Uint8Array(0)] = args;
  if (content instanceof Uint8Array) return content;
  return typeof content === 'string' || content instanceof LongText
    ? encodeText(args, making)
    : making.fail('bytes are made from something that is neither bytes nor text');
};

const encodeText: Maker = ([text, encoding = 'utf8'], { fail, budget }) => {
  const latin1 = encoding === 'latin1' || encoding === 'latin-1' || encoding === 'iso-8859-1' || encoding === 'ascii';
  if (!latin1 && encoding !== 'utf8' && encoding !== 'utf-8') return fail('bytes are in an unknown encoding');
  if (typeof text !== 'string' && !(text instanceof LongText))
    return fail('bytes are made from something that is not text');
  // A text that was Python 2's is its bytes already.
  if (text instanceof LongText && text.encoding === 'latin1') return text.bytes;
  budget.spend(COST.object + (text instanceof LongText ? text.bytes.length : text.length));
  if (text instanceof LongText) return latin1 ? latin1FromUtf8(text.bytes, fail) : text.bytes;
  return new Uint8Array(Buffer.from(text, latin1 ? 'latin1' : 'utf8'));
};

/** UTF-8 of characters below 256 as one byte each, without making a text of them. */
function latin1FromUtf8(bytes: Uint8Array, fail: Making['fail']): Uint8Array {
  const result = new Uint8Array(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte < 0x80) result[length++] = byte;
    else if (byte === 0xc2 || byte === 0xc3) result[length++] = ((byte & 3) << 6) | (bytes[++i]! & 0x3f);
    else return fail('bytes are spelled as a text with other characters than bytes have');
  }
  return result.subarray(0, length);
}

const parameter: Maker = ([data], { fail }) =>
  data instanceof TensorRef || data instanceof UnreadableTensor ? data : fail('a parameter has no tensor');

const unreadable =
  (reason: string): Maker =>
  () =>
    new UnreadableTensor(reason);

const MAKERS: Readonly<Record<string, Maker>> = {
  'collections.OrderedDict': toMap,
  // Its factory is a class such as `int`, of no use to a reader.
  'collections.defaultdict': ([, ...items], making) => toMap(items, making),
  'collections.Counter': toMap,
  'collections.deque': toList,
  'torch._utils._rebuild_tensor': (args, making) => tensor(args.slice(0, 4), making),
  'torch._utils._rebuild_tensor_v2': (args, making) => tensor(args, making),
  'torch._utils._rebuild_tensor_v3': (args, making) =>
    args[6] instanceof DtypeRef ? tensor(args, making, args[6]) : making.fail('a tensor has no element type'),
  'torch._utils._rebuild_parameter': parameter,
  'torch._utils._rebuild_parameter_with_state': parameter,
  'torch._utils._rebuild_meta_tensor_no_storage': unreadable('a meta tensor: it has a shape, but no data'),
  'torch._utils._rebuild_qtensor': unreadable('a quantized tensor; save its `.dequantize()`'),
  'torch._utils._rebuild_sparse_tensor': unreadable('a sparse tensor; save its `.to_dense()`'),
  'torch._utils._rebuild_nested_tensor': unreadable('a nested tensor, of rows of several lengths'),
  'torch.nn.parameter.Parameter': parameter,
  'torch.nn.parameter.Buffer': parameter,
  'torch.Size': toList,
  // Tensor subclasses and tensors with attributes: (rebuild function, type, its arguments, attributes).
  'torch._tensor._rebuild_from_type_v2': ([rebuild, , args], { fail, table }) =>
    rebuild instanceof PickleGlobal && Array.isArray(args) && rebuild.name.startsWith('torch._utils._rebuild_')
      ? table.call(rebuild, args, 'call')
      : fail('a tensor subclass is built by an unknown function'),
  '_codecs.encode': encodeText,
  'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy.core.multiarray.scalar': (args, { fail, budget }) => reconstructScalar(args, fail, budget),
  'numpy.core.numeric._frombuffer': (args, { fail, budget }) => fromBuffer(args, fail, budget),
  'numpy.ndarray': () => new NumpyArray(),
  'numpy.dtype': (args, { fail }) => makeDtype(args, fail),
  // Objects as protocols 0 and 1 make them: (class, base, value of the base).
  'copyreg._reconstructor': ([type, base, value], making) => {
    if (!(type instanceof PickleGlobal)) return making.fail('an object has no class');
    const made = making.table.call(type, [], 'new');
    if (
      made instanceof OpaqueObject &&
      base instanceof PickleGlobal &&
      (value instanceof Map || Array.isArray(value))
    ) {
      made.items = value;
    }
    return made;
  },
  'copyreg.__newobj__': ([type, ...args], { fail, table }) =>
    type instanceof PickleGlobal ? table.call(type, args, 'new') : fail('an object has no class'),
  'builtins.getattr': ([object, name], { fail, budget }) => {
    // A method or a member of a closed class: as closed as the class.
    if (typeof name !== 'string' || !(object instanceof PickleGlobal)) {
      return fail('getattr is allowed on classes that are kept closed, and on nothing else');
    }
    if (Object.hasOwn(MAKERS, object.name))
      return fail(`getattr is allowed on classes that are kept closed, not on ${object.name}`);
    const type = `${object.spelled}.${name}`;
    budget.spend(COST.object + type.length);
    return new OpaqueObject(type, []);
  },
  // `type(None)`; with more arguments it makes a class.
  'builtins.type': (args, { fail }) =>
    args.length === 1 ? new PickleGlobal('builtins.NoneType') : fail('a class is made by builtins.type'),
  'builtins.set': toSet,
  'builtins.frozenset': toSet,
  'builtins.list': toList,
  'builtins.tuple': toList,
  'builtins.dict': toMap,
  'builtins.bytearray': toBytes,
  'builtins.bytes': toBytes,
  'builtins.complex': (args) => args.slice(0, 2),
};
