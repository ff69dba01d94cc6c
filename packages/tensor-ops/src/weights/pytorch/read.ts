/**
 * PyTorch checkpoints in both formats of `torch.save`.
 *
 * Zip (PyTorch 1.6 and later): records `<name>/data.pkl` (a pickle of the object, whose storages are persistent ids) and
 * `<name>/data/<key>` (a storage's bytes), stored without compression.
 * Legacy: five pickles one after the other (magic number, format version, machine facts, the object, the list of storage keys),
 * then per key its element count (int64) and its bytes.
 *
 * Source: torch/serialization.py (`_save`, `_legacy_save`, `_legacy_load`).
 */
import { WeightFormatError } from '../../errors';
import { type ByteSource, readBytes } from '../byte-source';
import { DTYPES, dtypeFromStorage } from '../dtypes';
import { globalTable } from '../pickle/globals';
import { PICKLE_LIMITS, type PickleLimits } from '../pickle/limits';
import { type PickleOptions, unpickle } from '../pickle/machine';
import { PickleEndError } from '../pickle/reader';
import { PickleGlobal, StorageRef } from '../pickle/values';
import { type StorageSource, WeightFile } from '../weight-file';
import { flatten } from './flatten';
import { readZip } from './zip-archive';

export interface PytorchReadOptions {
  /** Python classes, as `module.Class`, to keep as data besides those known: their code is not run either. */
  readonly opaqueClasses?: readonly string[] | undefined;
  readonly limits?: Partial<PickleLimits> | undefined;
}

const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_VERSION = 1001;

export async function readPytorchZip(source: ByteSource, options: PytorchReadOptions): Promise<WeightFile> {
  const { path } = source;
  const archive = await readZip(source);
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
  const limits = { ...PICKLE_LIMITS, ...options.limits };
  if (archive.has(`${prefix}byteorder`)) {
    checkByteOrder(path, Buffer.from(await archive.read(`${prefix}byteorder`, 16)).toString('latin1') !== 'big');
  }
  const pickle = await archive.read(pickles[0]!, limits.maxBytes);
  const { value } = unpickle(pickle, {
    path,
    globals: globalTable(options.opaqueClasses),
    persistentLoad: (id) => storageOf(id, path),
    limits,
  });
  const records = new Map<string, StorageSource>();
  const { tensors, metadata } = flatten(value, path, ({ key }) => {
    const record = records.get(key) ?? archive.record(`${prefix}data/${key}`);
    records.set(key, record);
    return record;
  });
  return new WeightFile(path, 'pytorch', tensors, metadata, [source]);
}

export async function readPytorchLegacy(source: ByteSource, options: PytorchReadOptions): Promise<WeightFile> {
  const { path } = source;
  const globals = globalTable(options.opaqueClasses);
  const plain = { path, globals, limits: options.limits };
  const magic = await pickleAt(source, 0, plain);
  if (magic.value !== LEGACY_MAGIC)
    throw new WeightFormatError(path, 'a pickle, but no PyTorch checkpoint: it lacks the magic number');
  const version = await pickleAt(source, magic.end, plain);
  if (version.value !== LEGACY_VERSION) {
    throw new WeightFormatError(path, `legacy format version ${String(version.value)}; ${LEGACY_VERSION} is read`);
  }
  const machine = await pickleAt(source, version.end, plain);
  checkByteOrder(path, !(machine.value instanceof Map && machine.value.get('little_endian') === false));

  const storages = new Map<string, StorageRef>();
  const object = await pickleAt(source, machine.end, {
    ...plain,
    persistentLoad: (id) => {
      const storage = storageOf(id, path);
      storages.set(storage.key, storage);
      return storage;
    },
  });
  const keys = await pickleAt(source, object.end, plain);
  if (!Array.isArray(keys.value)) throw new WeightFormatError(path, 'the list of storages is damaged');

  const records = await locateStorages(source, keys.end, keys.value, storages);
  const { tensors, metadata } = flatten(object.value, path, ({ key }) => {
    const record = records.get(key);
    if (record === undefined)
      throw new WeightFormatError(path, 'the storage of a tensor is not in the file', { entry: key });
    return record;
  });
  return new WeightFile(path, 'pytorch-legacy', tensors, metadata, [source]);
}

async function locateStorages(
  source: ByteSource,
  start: number,
  keys: readonly unknown[],
  storages: ReadonlyMap<string, StorageRef>,
): Promise<Map<string, StorageSource>> {
  const records = new Map<string, StorageSource>();
  let position = start;
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (storage === undefined)
      throw new WeightFormatError(source.path, 'a storage belongs to no tensor', { entry: String(key) });
    const count = new DataView((await readBytes(source, position, 8, `the size of storage ${storage.key}`)).buffer);
    const byteLength = Number(count.getBigInt64(0, true)) * DTYPES[storage.dtype ?? 'uint8'].size;
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

// Legacy pickles do not tell their length. Most are below this; the window grows when one is not.
const FIRST_WINDOW_BYTES = 1024 * 1024;

async function pickleAt(
  source: ByteSource,
  position: number,
  options: PickleOptions,
): Promise<{ value: unknown; end: number }> {
  const most = Math.min(source.size - position, options.limits?.maxBytes ?? PICKLE_LIMITS.maxBytes);
  for (let window = FIRST_WINDOW_BYTES; ; window *= 4) {
    const length = Math.min(window, most);
    try {
      const { value, end } = unpickle(await readBytes(source, position, length, 'a pickle'), options);
      return { value, end: position + end };
    } catch (error) {
      if (!(error instanceof PickleEndError) || length === most) throw error;
    }
  }
}

/** `('storage', class, key, device, length)`; legacy files add `(view key, offset, length)` or None. */
function storageOf(id: unknown, path: string): StorageRef {
  const damaged = (): never => {
    throw new WeightFormatError(path, 'a reference to a storage is damaged');
  };
  if (!Array.isArray(id) || id[0] !== 'storage' || !(id[1] instanceof PickleGlobal)) return damaged();
  const [, type, key, , length, view] = id as [unknown, PickleGlobal, unknown, unknown, unknown, unknown];
  if (typeof key !== 'string' && typeof key !== 'number') return damaged();
  if (typeof length !== 'number') return damaged();
  const name = type.name.slice('torch.'.length);
  const dtype = dtypeFromStorage(name);
  if (dtype === undefined && name !== 'UntypedStorage') return damaged();
  if (view === undefined || view === null) return new StorageRef(String(key), dtype, length);
  if (!Array.isArray(view) || typeof view[1] !== 'number' || typeof view[2] !== 'number') return damaged();
  return new StorageRef(String(key), dtype, view[2], view[1]);
}

function checkByteOrder(path: string, little: boolean): void {
  if (!little)
    throw new WeightFormatError(path, 'was written on a big-endian machine; load and save it once with PyTorch');
}
