/**
 * The Python names that a weight file may use, and what each makes here. Everything else is refused by name.
 *
 * Sources: torch/_utils.py and torch/serialization.py (how tensors and storages are pickled), torch/_weights_only_unpickler.py
 * (PyTorch's own list), numpy's `__reduce__` of arrays, scalars and dtypes.
 */
import { WeightFormatError } from '../../errors';
import { dtypeFromStorage, dtypeFromTorch } from '../dtypes';
import { rowMajor } from '../strided';
import { buildArray, buildDtype, reconstructScalar } from './numpy';
import { DtypeRef, NumpyArray, NumpyDtype, OpaqueObject, PickleGlobal, StorageRef, TensorRef } from './values';

type Maker = (args: readonly unknown[], fail: (problem: string) => never) => unknown;

export interface GlobalTable {
  /** What the name stands for, or undefined when it is refused. */
  find(name: string): unknown;
  call(name: string, args: readonly unknown[], path: string): unknown;
  hasState(target: unknown): boolean;
  build(target: unknown, state: unknown, path: string): void;
  /** Ends the message about a refused name. */
  readonly remedy: string;
}

/**
 * Classes that training frameworks put beside the weights: read as data, their code is not known here at all.
 * argparse: options of a training script. mmcv and mmengine: configuration and logs. pathlib: paths within them.
 */
export const OPAQUE_CLASSES: readonly string[] = [
  'argparse.Namespace',
  'addict.addict.Dict',
  'mmcv.utils.config.ConfigDict',
  'mmengine.config.config.ConfigDict',
  'mmengine.logging.history_buffer.HistoryBuffer',
  'omegaconf.dictconfig.DictConfig',
  'pathlib.Path',
  'pathlib.PosixPath',
  'pathlib.PurePosixPath',
  'pathlib.WindowsPath',
  'pathlib._local.PosixPath',
  'pathlib._local.WindowsPath',
  'datetime.datetime',
  'datetime.timedelta',
  'types.SimpleNamespace',
  'torch.device',
  'torch.serialization._get_layout',
];

const tensor = (args: readonly unknown[], fail: (problem: string) => never, dtype?: DtypeRef): TensorRef => {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof StorageRef)) return fail('a tensor has no storage');
  const type = dtype?.dtype ?? storage.dtype;
  if (type === undefined) return fail('a tensor has no element type');
  if (typeof offset !== 'number' || !isNumbers(shape) || !isNumbers(strides))
    return fail('a tensor has a damaged shape');
  return new TensorRef(storage, type, offset, shape, strides);
};

const toMap: Maker = ([items], fail) => {
  const map = new Map<unknown, unknown>();
  if (items === undefined) return map;
  if (items instanceof Map) return new Map(items);
  if (!Array.isArray(items)) return fail('a dictionary is made from something that is not a list of pairs');
  for (const pair of items) {
    if (!Array.isArray(pair) || pair.length !== 2)
      return fail('a dictionary is made from something that is not a list of pairs');
    map.set(pair[0], pair[1]);
  }
  return map;
};

const toList: Maker = ([items], fail) => {
  if (items === undefined) return [];
  if (!Array.isArray(items) && !(items instanceof Set)) return fail('a list is made from something that is not a list');
  return [...items];
};

const toSet: Maker = ([items], fail) => {
  if (items === undefined) return new Set();
  return Array.isArray(items) || items instanceof Set
    ? new Set(items)
    : fail('a set is made from something that is not a list');
};

const parameter: Maker = ([data], fail) => (data instanceof TensorRef ? data : fail('a parameter has no tensor'));

const MAKERS: Readonly<Record<string, Maker>> = {
  'collections.OrderedDict': toMap,
  // Its factory is a class such as `int`, of no use to a reader.
  'collections.defaultdict': () => new Map(),
  'collections.Counter': toMap,
  'torch._utils._rebuild_tensor': (args, fail) => tensor(args, fail),
  'torch._utils._rebuild_tensor_v2': (args, fail) => tensor(args, fail),
  'torch._utils._rebuild_tensor_v3': (args, fail) =>
    args[6] instanceof DtypeRef ? tensor(args, fail, args[6]) : fail('a tensor has no element type'),
  'torch._utils._rebuild_parameter': parameter,
  'torch._utils._rebuild_parameter_with_state': parameter,
  'torch.nn.parameter.Parameter': parameter,
  'torch.nn.parameter.Buffer': parameter,
  'torch.Size': toList,
  // Tensor subclasses and tensors with attributes: (rebuild function, type, its arguments, attributes).
  'torch._tensor._rebuild_from_type_v2': ([rebuild, , args], fail) =>
    rebuild instanceof PickleGlobal && Array.isArray(args) && rebuild.name.startsWith('torch._utils._rebuild_')
      ? MAKERS[rebuild.name]!(args, fail)
      : fail('a tensor subclass is built by an unknown function'),
  '_codecs.encode': ([text, encoding], fail) =>
    typeof text === 'string' && (encoding === 'latin1' || encoding === 'latin-1')
      ? new Uint8Array(Buffer.from(text, 'latin1'))
      : fail('bytes are in an unknown encoding'),
  'numpy.core.multiarray._reconstruct': () => new NumpyArray(),
  'numpy.core.multiarray.scalar': reconstructScalar,
  'numpy.ndarray': () => new NumpyArray(),
  'numpy.dtype': ([code], fail) => (typeof code === 'string' ? new NumpyDtype(code) : fail('a numpy type has no code')),
  'builtins.getattr': ([object, name], fail) =>
    object instanceof PickleGlobal && OPAQUE_CLASSES.includes(object.name)
      ? new OpaqueObject(`${object.name}.${String(name)}`, [])
      : fail('getattr is allowed on classes that are kept as data, and on nothing else'),
  'builtins.set': toSet,
  'builtins.frozenset': toSet,
  'builtins.list': toList,
  'builtins.tuple': toList,
  'builtins.dict': toMap,
  'builtins.bytearray': ([bytes]) => (bytes instanceof Uint8Array ? bytes : new Uint8Array(0)),
  'builtins.bytes': ([bytes]) => (bytes instanceof Uint8Array ? bytes : new Uint8Array(0)),
  'builtins.complex': (args) => [...args],
};

/** Names that stand for a type only and are never called. */
const NAMES_ONLY = new Set([
  'torch.Tensor',
  'builtins.int',
  'builtins.float',
  'builtins.str',
  'builtins.bool',
  'builtins.object',
]);

// Old and new spellings of one thing.
const ALIASES: readonly (readonly [RegExp, string])[] = [
  [/^__builtin__\./, 'builtins.'],
  [/^numpy\._core\./, 'numpy.core.'],
  [/^torch\.tensor\._rebuild_from_type_v2$/, 'torch._tensor._rebuild_from_type_v2'],
  [/^torch\.storage\.(\w+Storage)$/, 'torch.$1'],
];

/** @param opaque - more classes that the caller wants kept as data instead of refused. */
export function globalTable(opaque: readonly string[] = []): GlobalTable {
  const kept = new Set([...OPAQUE_CLASSES, ...opaque]);
  return {
    remedy:
      'nothing was run. Save `model.state_dict()` in place of the object, or, if it is only a record beside the weights, ' +
      'give the name in the option opaqueClasses to have it kept as data',
    find(spelled) {
      if (kept.has(spelled)) return new PickleGlobal(spelled);
      const name = ALIASES.reduce((current, [old, now]) => current.replace(old, now), spelled);
      if (name.startsWith('torch.')) {
        const rest = name.slice('torch.'.length);
        const dtype = dtypeFromTorch(rest);
        if (dtype !== undefined) return new DtypeRef(dtype);
        if (rest === 'UntypedStorage' || dtypeFromStorage(rest) !== undefined) return new PickleGlobal(name);
      }
      return Object.hasOwn(MAKERS, name) || NAMES_ONLY.has(name) ? new PickleGlobal(name) : undefined;
    },
    call(name, args, path) {
      const fail = failure(path);
      if (kept.has(name)) return new OpaqueObject(name, args);
      const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
      return maker === undefined ? fail(`${name} is called, which only stands for a type`) : maker(args, fail);
    },
    hasState: (target) => target instanceof NumpyArray || target instanceof NumpyDtype,
    build(target, state, path) {
      if (target instanceof NumpyArray) buildArray(target, state, failure(path));
      else if (target instanceof NumpyDtype) buildDtype(target, state, failure(path));
    },
  };
}

/** A numpy array as strides over its own bytes. */
export function numpyStrides(array: NumpyArray): number[] {
  return array.fortran ? rowMajor([...array.shape].reverse()).reverse() : rowMajor(array.shape);
}

export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'number');
}

function failure(path: string): (problem: string) => never {
  return (problem) => {
    throw new WeightFormatError(path, `the pickle is damaged or of an unknown kind: ${problem}`);
  };
}
