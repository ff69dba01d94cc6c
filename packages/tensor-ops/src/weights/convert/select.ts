/** Finds the state dict within a checkpoint: which dictionary, which prefix, weights or their moving average. */
import { optionHint, StateDictMismatchError } from '../../errors';
import { type SkippedEntry, skippedError, type WeightEntry, type WeightFile } from '../weight-file';

export interface SelectOptions {
  /**
   * Keys that lead to the state dict, joined by dots, such as `state_dict` or `ema.model`; an empty text is the top level.
   * Default: found by the usual names.
   */
  readonly container?: string;
  /** Takes the moving average of the weights, where a file holds both. Default: false. */
  readonly ema?: boolean;
  /** Takes only names with this prefix and removes it: `backbone.` */
  readonly prefix?: string;
  /** Prefixes removed when every name has them. Default: those that wrappers add, `module.` and `_orig_mod.` */
  readonly stripPrefixes?: readonly string[];
}

export interface Selection {
  /** By the name that remains; values keep the file's own name. */
  readonly entries: ReadonlyMap<string, WeightEntry>;
  /** Keys that led here, joined by dots. */
  readonly container: string;
  readonly strippedPrefixes: readonly string[];
  /** Tensors of the file that were left out, by the file's names. */
  readonly ignored: readonly string[];
  /** Tensors of the state dict that cannot be read, by the name that remains. */
  readonly unreadable: ReadonlyMap<string, SkippedEntry>;
}

/** Names of dictionaries that training scripts put the state dict in, the most usual first. */
const CONTAINERS = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'weights',
  'params',
  'module',
];
const EMA_CONTAINERS = ['ema_state_dict', 'state_dict_ema', 'model_ema', 'ema', 'ema_model', 'params_ema'];
/** DistributedDataParallel and DataParallel; torch.compile. */
const WRAPPER_PREFIXES = ['module.', '_orig_mod.'];
/** What averaging wrappers count beside the module that they wrap (torch.optim.swa_utils, mmengine). */
const WRAPPER_COUNTERS = ['n_averaged', 'steps'];

/**
 * @throws StateDictMismatchError when nothing is found or the choice is unclear; the message names what there is. RefusedPickleError when the
 *   state dict would be a Python object.
 */
export function selectStateDict(file: WeightFile, options: SelectOptions = {}): Selection {
  const all = [...file.entries.values()];
  const { container, keys, found } = findContainer(file, all, options);
  let entries = takeAverage(found, options.ema === true && !isAverage(container), file.path);
  const stripped: string[] = [];
  for (const prefix of options.stripPrefixes ?? WRAPPER_PREFIXES) {
    const names = [...entries.keys()].filter((name) => !WRAPPER_COUNTERS.includes(name));
    if (names.length > 0 && names.every((name) => name.startsWith(prefix) && name !== prefix)) {
      entries = strip(entries, prefix);
      stripped.push(prefix);
    }
  }
  if (options.prefix !== undefined) {
    const rest = strip(entries, options.prefix);
    if (rest.size === 0) {
      const heads = [...new Set([...entries.keys()].map((name) => name.split('.')[0]))].slice(0, 8);
      throw new StateDictMismatchError(
        file.path,
        `no tensor has the prefix ${JSON.stringify(options.prefix)}; names begin with ${heads.join(', ')}`,
      );
    }
    entries = rest;
    stripped.push(options.prefix);
  }
  const taken = new Set(entries.values());
  return {
    entries,
    container,
    strippedPrefixes: stripped,
    ignored: all.filter((entry) => !taken.has(entry)).map(({ name }) => name),
    unreadable: unreadable(file, keys, stripped, options.prefix),
  };
}

/** The tensors under `keys` that cannot be read, by the names that they would have. */
function unreadable(
  file: WeightFile,
  keys: readonly string[],
  stripped: readonly string[],
  prefix: string | undefined,
): Map<string, SkippedEntry> {
  const result = new Map<string, SkippedEntry>();
  for (const entry of file.skipped.values()) {
    if (entry.kind !== 'tensor' || keys.some((key, i) => entry.path[i] !== key)) continue;
    let name = entry.path.slice(keys.length).join('.');
    if (prefix !== undefined && !stripped.slice(0, -1).reduce(without, name).startsWith(prefix)) continue;
    name = stripped.reduce(without, name);
    result.set(name, entry);
  }
  return result;
}

const without = (name: string, prefix: string) => (name.startsWith(prefix) ? name.slice(prefix.length) : name);

type Found = readonly { readonly rest: readonly string[]; readonly entry: WeightEntry }[];

function findContainer(file: WeightFile, all: readonly WeightEntry[], options: SelectOptions) {
  const { path } = file;
  const top: Found = all.map((entry) => ({ rest: entry.path, entry }));
  if (options.container !== undefined) {
    const keys = options.container === '' ? [] : options.container.split('.');
    const found = keys.reduce(inside, top);
    if (found.length === 0) {
      const skipped = file.skipped.get(options.container);
      if (skipped !== undefined) throw skippedError(path, skipped);
      throw new StateDictMismatchError(
        path,
        `there are no tensors under ${JSON.stringify(options.container)}; ${describe(top)}`,
      );
    }
    return { container: options.container, keys, found: named(found) };
  }
  const wanted = options.ema === true ? [...EMA_CONTAINERS, ...CONTAINERS] : CONTAINERS;
  // Objects that hold tensors: what is looked for may be in one of them, where it is not taken from.
  const objects = [...file.skipped.values()].filter((entry) => entry.kind === 'object' && entry.tensors > 0);
  const keys: string[] = [];
  let found = top;
  // Names within a state dict are single keys with dots, so a dictionary within a dictionary is never a part of one.
  for (;;) {
    const children = new Set(found.filter(({ rest }) => rest.length > 1).map(({ rest }) => rest[0]!));
    const closed = new Map(
      objects
        .filter((entry) => entry.path.length === keys.length + 1 && keys.every((key, i) => entry.path[i] === key))
        .map((entry) => [entry.path[keys.length]!, entry]),
    );
    const flat = found.some(({ rest }) => rest.length === 1);
    const onlyChild = !flat && children.size === 1 ? [...children][0] : undefined;
    const named = wanted.find((name) => children.has(name) || (!flat && closed.has(name)));
    if (named !== undefined && !children.has(named)) throw skippedError(path, closed.get(named)!);
    const key = named ?? onlyChild;
    if (key === undefined) {
      if (flat || found.length === 0) break;
      const hint = optionHint('container');
      throw new StateDictMismatchError(
        path,
        `it is unclear where the state dict is; ${describe(found)}; give the ${hint.text}`,
        {},
        [hint],
      );
    }
    keys.push(key);
    found = inside(found, key);
  }
  if (found.length === 0) throw nothingFound(file);
  return { container: keys.join('.'), keys, found: named(found) };
}

function nothingFound({ path, skipped }: WeightFile): Error {
  const first = [...skipped.values()].find(({ kind }) => kind === 'tensor');
  return first === undefined
    ? new StateDictMismatchError(path, 'there are no tensors in the file')
    : skippedError(path, first);
}

function inside(found: Found, key: string): Found {
  return found
    .filter(({ rest }) => rest.length > 1 && rest[0] === key)
    .map(({ rest, entry }) => ({ rest: rest.slice(1), entry }));
}

function named(found: Found): Map<string, WeightEntry> {
  return new Map(found.map(({ rest, entry }) => [rest.join('.'), entry]));
}

const isAverage = (container: string) => EMA_CONTAINERS.some((name) => container.split('.').includes(name));

/**
 * Another habit (mmcv) keeps the average beside each tensor: `ema_` and the name with underscores for dots. These are taken or
 * left out as asked.
 */
function takeAverage(entries: Map<string, WeightEntry>, wanted: boolean, path: string): Map<string, WeightEntry> {
  const averages = new Map<string, string>();
  for (const name of entries.keys()) {
    const average = `ema_${name.replaceAll('.', '_')}`;
    if (entries.has(average)) averages.set(name, average);
  }
  if (wanted && averages.size === 0) {
    throw new StateDictMismatchError(
      path,
      'holds no moving average of the weights (ema_state_dict, model_ema and the like)',
    );
  }
  const hidden = new Set(averages.values());
  const kept = [...entries].filter(([name]) => !hidden.has(name));
  return new Map(
    kept.map(([name, entry]) => {
      const average = averages.get(name);
      return [name, wanted && average !== undefined ? entries.get(average)! : entry];
    }),
  );
}

function strip(entries: ReadonlyMap<string, WeightEntry>, prefix: string): Map<string, WeightEntry> {
  const rest = [...entries].filter(([name]) => name.startsWith(prefix) && name.length > prefix.length);
  return new Map(rest.map(([name, entry]) => [name.slice(prefix.length), entry]));
}

function describe(found: Found): string {
  const counts = new Map<string, number>();
  for (const { rest } of found) if (rest.length > 1) counts.set(rest[0]!, (counts.get(rest[0]!) ?? 0) + 1);
  if (counts.size === 0) return 'the tensors lie at the top level';
  return `there are ${[...counts].map(([key, count]) => `${key} (${count} tensors)`).join(', ')}`;
}
