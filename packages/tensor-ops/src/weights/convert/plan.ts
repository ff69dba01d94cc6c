/** From the names and layouts of a file to those of a state dict: which stored tensors make up which result, and where. */
import { optionHint, StateDictMismatchError } from '../../errors';
import { allocate, DTYPES, type ReadDtype, type WeightData, type WeightDtype } from '../dtypes';
import { elementCount, rowMajor } from '../strided';
import type { WeightEntry, WeightFile } from '../weight-file';
import { checkBranches, groupBranches, parseBranch } from './inception';
import { type LayoutRule, layoutAction, layoutChange } from './layouts';
import type { Selection } from './select';
import type { InceptionCounts, WeightLayout } from './types';

export interface PlanOptions {
  readonly from: WeightLayout;
  readonly to: WeightLayout;
  /** Looked at before the table's own rules. */
  readonly rules?: readonly LayoutRule[] | undefined;
  /** Joins the branches of inception layers; without it they are refused, or kept apart with `keepBranches`. */
  readonly inceptionCounts?: InceptionCounts | undefined;
  readonly keepBranches?: boolean;
  /** Keeps tensors that a state dict in memory has no use for. */
  readonly keepAll?: boolean;
  /** Another name for a tensor, or undefined to leave it out. Sees names after prefixes are gone and branches joined. */
  readonly rename?: ((name: string) => string | undefined) | undefined;
}

/** One tensor of the result. */
export interface PlannedTensor {
  readonly name: string;
  readonly dtype: WeightDtype;
  readonly shape: readonly number[];
  /** `order[k]`: which stored dimension becomes dimension k. */
  readonly order: readonly number[];
  /** Stored tensors, side by side along `outputAxis` of the stored order. */
  readonly parts: readonly WeightEntry[];
  readonly outputAxis: number;
}

export interface Plan {
  readonly tensors: readonly PlannedTensor[];
  /** Left out by a rule or by `rename`. */
  readonly dropped: readonly string[];
  /** Joined from branches. */
  readonly joined: readonly string[];
}

export function planConversion(path: string, selection: Selection, options: PlanOptions): Plan {
  const { from, to, rules, keepAll = false, keepBranches = false, rename = (name) => name } = options;
  const groups = keepBranches ? new Map() : groupBranches(selection.entries);
  if (groups.size > 0 && options.inceptionCounts === undefined) throw needsPattern(path, [...groups.keys()]);
  const tensors: PlannedTensor[] = [];
  const dropped: string[] = [];
  const joined: string[] = [];

  const add = (name: string, parts: readonly WeightEntry[], outputAxis: number, order: readonly number[]): void => {
    const target = rename(name);
    if (target === undefined) {
      dropped.push(name);
      return;
    }
    const [first] = parts;
    const stored = first!.shape.map((size, d) =>
      d === outputAxis && parts.length > 1 ? parts.reduce((sum, part) => sum + part.shape[d]!, 0) : size,
    );
    tensors.push({ name: target, dtype: first!.dtype, shape: order.map((d) => stored[d]!), order, parts, outputAxis });
  };

  for (const [name, entry] of selection.entries) {
    const branch = keepBranches ? undefined : parseBranch(name);
    const known = branch?.joined ?? name;
    const rank = entry.shape.length;
    const action = layoutAction(known, rank, rules);
    const { order, outputAxis } = layoutChange(action, rank, from, to);
    if (branch === undefined) {
      if (action === 'drop' && !keepAll) dropped.push(name);
      else add(name, [entry], outputAxis, order);
    } else if (branch.index === 0 || !groups.get(known)?.[0]) {
      // The layer takes the place of its first branch.
      const parts = groups.get(known) ?? [];
      checkBranches(path, known, parts, outputAxis, options.inceptionCounts ?? {});
      joined.push(known);
      add(
        known,
        parts.map(({ entry: part }: { entry: WeightEntry }) => part),
        outputAxis,
        order,
      );
    }
  }
  const seen = new Set<string>();
  for (const { name } of tensors) {
    if (seen.has(name)) throw new StateDictMismatchError(path, `two tensors would be named ${name}`);
    seen.add(name);
  }
  return { tensors, dropped, joined };
}

/** Reads one planned tensor, row-major in the order of its result. */
export async function readPlanned(file: WeightFile, tensor: PlannedTensor, dtype?: ReadDtype): Promise<WeightData> {
  const type = dtype ?? DTYPES[tensor.dtype].natural;
  const [first] = tensor.parts;
  // Reports the type that cannot be read.
  if (type === undefined) return file.read(first!.name);
  const data = allocate(type, elementCount(tensor.shape));
  const dense = rowMajor(tensor.shape);
  const strides = new Array<number>(dense.length);
  tensor.order.forEach((d, k) => {
    strides[d] = dense[k]!;
  });
  let start = 0;
  for (const part of tensor.parts) {
    await file.readInto(part.name, data, { offset: start * (strides[tensor.outputAxis] ?? 0), strides });
    start += part.shape[tensor.outputAxis] ?? 0;
  }
  return data;
}

function needsPattern(path: string, joined: readonly string[]): StateDictMismatchError {
  const layers = joined.filter((name) => name.endsWith('weight')).map((name) => name.replace(/\.?weight$/, ''));
  const hint = optionHint('inceptionCounts');
  return new StateDictMismatchError(
    path,
    `an inception checkpoint: ${layers.length} layers hold branches (conv_list), from ${layers[0]} on. Give the counts of the ` +
      `pattern that it was made with (${hint.text}); the branches do not tell their dilations, and a plain model cannot use them`,
    {},
    [hint],
  );
}
