/**
 * PyTorch checkpoints in both formats of `torch.save`, and plain pickles of NumPy arrays.
 *
 * Zip (PyTorch 1.6 and later): records `<name>/data.pkl` (a pickle of the object, whose storages are persistent ids) and
 * `<name>/data/<key>` (a storage's bytes), stored without compression.
 * Legacy: five pickles one after the other (magic number, format version, machine facts, the object, the list of storage keys),
 * then per key its element count (int64) and its bytes.
 * Plain: one pickle that holds its arrays, as detectron2's model zoo has them.
 *
 * Source: torch/serialization.py (`_save`, `_legacy_save`, `_legacy_load`).
 */
import { constants } from 'node:buffer';
import { WeightFormatError } from '../../errors';
import { type ByteSource, readBytes } from '../byte-source';
import { Budget, type WeightLimits } from '../limits';
import { elementSize, GlobalTable, storageOfClass } from '../pickle/globals';
import { type PickleOptions, unpickle } from '../pickle/machine';
import { PickleEndError } from '../pickle/reader';
import { PickleGlobal, type StorageRef } from '../pickle/values';
import { type StorageSource, WeightFile } from '../weight-file';
import { flatten } from './flatten';
import { readZip } from './zip-archive';

export interface PytorchReadOptions {
  /**
   * Python functions and classes, as `module.name`, to keep closed instead of refusing the file for them: their code is not run either, and
   * no weights come from what they make.
   */
  readonly opaqueClasses?: readonly string[] | undefined;
  readonly limits?: Partial<WeightLimits> | undefined;
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_VERSION = 1001;

export async function readPytorchZip(source: ByteSource, options: PytorchReadOptions): Promise<WeightFile> {
  const { path } = source;
  const budget = new Budget(path, options.limits);
  const archive = await readZip(source, budget.limits);
  const pickles = archive.names.filter((name) => /^(?:[^/]+\/)?data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new WeightFormatError(path, 'a zip archive, but no PyTorch checkpoint: it has no record data.pkl');
  }
  const prefix = pickles[0]!.slice(0, -'data.pkl'.length);
  if (archive.names.some((name) => name.startsWith(`${prefix}code/`) || name === `${prefix}constants.pkl`)) {
    throw new WeightFormatError(
      path,
      'a TorchScript program, not a state dict; load it in PyTorch and save `model.state_dict()`',
    );
  }
  if (archive.has(`${prefix}byteorder`)) {
    checkByteOrder(path, Buffer.from(await archive.read(`${prefix}byteorder`, 16)).toString('latin1') !== 'big');
  }
  budget.within(archive.size(pickles[0]!), 'maxPickleBytes', 'bytes in its pickle');
  const globals = new GlobalTable(path, budget, options.opaqueClasses);
  const { value } = unpickle(await archive.read(pickles[0]!, budget.limits.maxPickleBytes), {
    path,
    globals,
    budget,
    persistentLoad: (id) => storageOf(id, path, globals),
  });
  const records = new Map<string, StorageSource>();
  const { tensors, metadata, skipped } = flatten(value, path, budget, ({ key }) => {
    const record = records.get(key) ?? archive.record(`${prefix}data/${key}`);
    records.set(key, record);
    return record;
  });
  return new WeightFile(path, 'pytorch', tensors, metadata, [source], skipped);
}

/** Legacy checkpoints and plain pickles, which begin alike. */
export async function readPickles(source: ByteSource, options: PytorchReadOptions): Promise<WeightFile> {
  const { path } = source;
  const budget = new Budget(path, options.limits);
  const globals = new GlobalTable(path, budget, options.opaqueClasses);
  const plain = { path, globals, budget };
  const magic = await pickleAt(source, 0, plain, constants.MAX_LENGTH);
  if (magic.value !== LEGACY_MAGIC) return fromPlainPickle(source, magic.value, budget);
  const version = await pickleAt(source, magic.end, plain);
  if (version.value !== LEGACY_VERSION) {
    const received = typeof version.value === 'number' ? ` ${version.value}` : ', which is no number';
    throw new WeightFormatError(path, `legacy format version${received}; ${LEGACY_VERSION} is read`);
  }
  const machine = await pickleAt(source, version.end, plain);
  checkByteOrder(path, !(machine.value instanceof Map && machine.value.get('little_endian') === false));

  const storages = new Map<string, StorageRef>();
  const object = await pickleAt(source, machine.end, {
    ...plain,
    persistentLoad: (id) => {
      const type = classOf(id, globals);
      if (type !== undefined) return type;
      const storage = storageOf(id, path, globals);
      storages.set(storage.key, storage);
      return storage;
    },
  });
  const keys = await pickleAt(source, object.end, plain);
  if (!Array.isArray(keys.value)) throw new WeightFormatError(path, 'the list of storages is damaged');

  const records = await locateStorages(source, keys.end, keys.value, storages);
  const { tensors, metadata, skipped } = flatten(object.value, path, budget, ({ key }) => {
    const record = records.get(key);
    if (record === undefined)
      throw new WeightFormatError(path, 'the storage of a tensor is not in the file', { entry: key });
    return record;
  });
  return new WeightFile(path, 'pytorch-legacy', tensors, metadata, [source], skipped);
}

function fromPlainPickle(source: ByteSource, value: unknown, budget: Budget): WeightFile {
  const { path } = source;
  const { tensors, metadata, skipped } = flatten(value, path, budget, ({ key }) => {
    throw new WeightFormatError(path, 'a plain pickle refers to a storage', { entry: key });
  });
  if (tensors.length === 0) {
    throw new WeightFormatError(
      path,
      'a plain pickle without NumPy arrays; of plain pickles only those with arrays hold weights that are read',
    );
  }
  return new WeightFile(path, 'pickle', tensors, metadata, [source], skipped);
}

async function locateStorages(
  source: ByteSource,
  start: number,
  keys: readonly unknown[],
  storages: ReadonlyMap<string, StorageRef>,
): Promise<Map<string, StorageSource>> {
  const records = new Map<string, StorageSource>();
  let position = start;
  for (const listed of keys) {
    const key = keyOf(listed);
    const storage = key === undefined ? undefined : storages.get(key);
    if (storage === undefined)
      throw new WeightFormatError(source.path, 'a storage belongs to no tensor', { entry: key });
    if (records.has(storage.key)) {
      throw new WeightFormatError(source.path, 'a storage is in the file twice: damaged', { entry: key });
    }
    const count = new DataView((await readBytes(source, position, 8, `the size of storage ${storage.key}`)).buffer);
    const byteLength = Number(count.getBigInt64(0, true)) * elementSize(storage);
    const data = position + 8;
    if (!(byteLength >= 0) || data + byteLength > source.size) {
      const problem = `a storage of ${byteLength} bytes starts at byte ${data}, the file has ${source.size}: truncated or damaged`;
      throw new WeightFormatError(source.path, problem, { entry: storage.key });
    }
    records.set(storage.key, { byteLength, read: (target, at) => source.read(target, data + at) });
    position = data + byteLength;
  }
  return records;
}

// Pickles in a stream do not tell their length. Most are below this; the window grows when one is not.
const FIRST_WINDOW_BYTES = 1024 * 1024;

/** @param limit - bytes, where the pickle may have others than the limit of pickles beside storages. */
async function pickleAt(
  source: ByteSource,
  position: number,
  options: PickleOptions,
  limit = options.budget.limits.maxPickleBytes,
): Promise<{ value: unknown; end: number }> {
  const most = Math.min(source.size - position, limit);
  for (let window = FIRST_WINDOW_BYTES; ; window *= 4) {
    const length = Math.min(window, most);
    const before = options.budget.mark();
    try {
      const { value, end } = unpickle(await readBytes(source, position, length, 'a pickle'), options);
      return { value, end: position + end };
    } catch (error) {
      if (!PickleEndError.isInstance(error)) throw error;
      if (length === most) {
        options.budget.within(source.size - position, 'maxPickleBytes', 'bytes behind the start of a pickle');
        throw error;
      }
      // What was made of the shorter piece is gone.
      before.restore();
    }
  }
}

/** Protocol 0 has persistent ids as texts: `('storage', <class 'torch.FloatStorage'>, '0', 'cpu', 6)`, with a view at the end. */
const SPELLED_ID =
  /^\(u?'storage', <class '([\w.]+)'>, u?'?(\w+)'?, u?'[\w:]+', (\d+)L?(?:, (?:None|\(u?'?\w+'?, (\d+)L?, (\d+)L?\)))?\)$/;

/** Legacy files give the class of a module with its source: `('module', class, file, source)`. */
function classOf(id: unknown, globals: GlobalTable): unknown {
  if (typeof id !== 'string') return Array.isArray(id) && id[0] === 'module' ? id[1] : undefined;
  const spelled = /^\('module', <class '([\w.]+)'>, /.exec(id);
  return spelled === null ? undefined : globals.find(spelled[1]!);
}

/** `('storage', class, key, device, length)`; legacy files add `(view key, offset, length)` or None. */
function storageOf(id: unknown, path: string, globals: GlobalTable): StorageRef {
  const damaged = (): never => {
    throw new WeightFormatError(path, 'a reference to a storage is damaged');
  };
  const fields = typeof id === 'string' ? spelledId(id, globals) : id;
  if (!Array.isArray(fields) || fields[0] !== 'storage' || !(fields[1] instanceof PickleGlobal)) return damaged();
  const [, type, listed, , length, view] = fields as [unknown, PickleGlobal, unknown, unknown, unknown, unknown];
  const key = keyOf(listed);
  if (key === undefined || !isLength(length) || !type.name.startsWith('torch.')) return damaged();
  const name = type.name.slice('torch.'.length);
  if (view === undefined || view === null) return storageOfClass(name, key, length) ?? damaged();
  if (!Array.isArray(view) || !isLength(view[1]) || !isLength(view[2])) return damaged();
  return storageOfClass(name, key, view[2], view[1]) ?? damaged();
}

const isLength = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function spelledId(id: string, globals: GlobalTable): unknown {
  const match = SPELLED_ID.exec(id);
  if (match === null) return undefined;
  const [, type, key, length, offset, size] = match;
  const view = offset === undefined ? null : [key, Number(offset), Number(size)];
  return ['storage', globals.find(type!), key, undefined, Number(length), view];
}

/** Keys are short texts, numbers in the oldest files. */
function keyOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : undefined;
}

function checkByteOrder(path: string, little: boolean): void {
  if (!little)
    throw new WeightFormatError(path, 'was written on a big-endian machine; load and save it once with PyTorch');
}
