/**
 * Inception layers in the published checkpoints hold one tensor a branch, `<layer>.conv_list.<n>.weight`, where n counts the dilations
 * with at least one filter in the order of the pattern file; here a layer has one filter, `<layer>.weight`, its branches side by side
 * along the output channels. The branch number does not tell the dilation, so both ways need the pattern's counts.
 *
 * Source: github yifan123/IC-Conv, model/ic_conv2d.py.
 */
import { StateDictMismatchError } from '../../errors';
import type { WeightEntry } from '../weight-file';
import type { InceptionCounts } from './types';

const BRANCH = /^(?:(.+)\.)?conv_list\.(\d+)\.(weight|bias)$/;

export interface Branch {
  /** `layer1.0.conv2`. */
  readonly layer: string;
  readonly index: number;
  /** `layer1.0.conv2.weight`. */
  readonly joined: string;
}

export function parseBranch(name: string): Branch | undefined {
  const match = BRANCH.exec(name);
  if (match === null) return undefined;
  const layer = match[1] ?? '';
  return { layer, index: Number(match[2]), joined: layer === '' ? match[3]! : `${layer}.${match[3]}` };
}

export interface BranchPart {
  readonly name: string;
  readonly entry: WeightEntry;
}

/** The branches of each joined tensor, in order. Names are those of the selection. */
export function groupBranches(entries: ReadonlyMap<string, WeightEntry>): Map<string, BranchPart[]> {
  const groups = new Map<string, BranchPart[]>();
  for (const [name, entry] of entries) {
    const branch = parseBranch(name);
    if (branch === undefined) continue;
    const group = groups.get(branch.joined) ?? [];
    group[branch.index] = { name, entry };
    groups.set(branch.joined, group);
  }
  return groups;
}

/** Fails unless the branches are complete, of equal kernels, and of the sizes that the pattern gives. */
export function checkBranches(
  path: string,
  joined: string,
  parts: readonly (BranchPart | undefined)[],
  outputAxis: number,
  counts: InceptionCounts,
): void {
  const layer = joined.replace(/\.?(?:weight|bias)$/, '');
  const fail = (problem: string): never => {
    throw new StateDictMismatchError(path, `${layer}: ${problem}`);
  };
  const absent = Array.from(parts).indexOf(undefined);
  if (absent >= 0) fail(`branch conv_list.${absent} is missing from the file`);
  const complete = parts as readonly BranchPart[];
  const rest = (part: BranchPart) => part.entry.shape.filter((_, d) => d !== outputAxis).join('x');
  const odd = complete.find(
    (part) => rest(part) !== rest(complete[0]!) || part.entry.dtype !== complete[0]!.entry.dtype,
  );
  if (odd !== undefined)
    fail(`${odd.name} has shape [${odd.entry.shape.join(', ')}], which does not fit the first branch`);
  const expected = counts[layer]?.filter((count) => count > 0);
  const received = complete.map((part) => part.entry.shape[outputAxis]!);
  if (expected === undefined) {
    fail(
      `the file has ${received.length} inception branches, the pattern has no such layer; a plain model cannot use them`,
    );
  } else if (expected.join() !== received.join()) {
    fail(
      `the file's branches hold ${received.join(', ')} filters, the pattern says ${expected.join(', ')}; ` +
        'the file was made with another pattern',
    );
  }
}

export interface BranchSlice {
  readonly name: string;
  /** First output channel. */
  readonly start: number;
  readonly count: number;
}

/** How one joined tensor is split for the published names. */
export function splitBranches(
  name: string,
  outputChannels: number,
  counts: InceptionCounts,
  path: string,
): BranchSlice[] | undefined {
  const match = /^(.+)\.(weight|bias)$/.exec(name);
  if (match === null || !Object.hasOwn(counts, match[1]!)) return undefined;
  const branches = counts[match[1]!]!.filter((count) => count > 0);
  const total = branches.reduce((sum, count) => sum + count, 0);
  if (total !== outputChannels) {
    throw new StateDictMismatchError(
      path,
      `${name} has ${outputChannels} filters, the pattern's counts sum to ${total}`,
    );
  }
  let start = 0;
  return branches.map((count, index) => {
    const slice = { name: `${match[1]}.conv_list.${index}.${match[2]}`, start, count };
    start += count;
    return slice;
  });
}

/**
 * Gives a list of counts, one a layer in forward order, the layer names of a file: the layers with branches, or else, for a plain
 * checkpoint, `layerNames`.
 */
export function countsByLayer(
  layerNames: readonly string[],
  counts: readonly (readonly number[])[],
  path: string,
): InceptionCounts {
  if (layerNames.length !== counts.length) {
    throw new StateDictMismatchError(
      path,
      `has ${layerNames.length} inception layers, the pattern has ${counts.length}; the pattern belongs to another network`,
    );
  }
  return Object.fromEntries(layerNames.map((layer, i) => [layer, counts[i]!]));
}

/** Names of the layers that have branches, in the order of the file, which is the forward order. */
export function branchedLayers(names: Iterable<string>): string[] {
  const layers = new Set<string>();
  for (const name of names) {
    const branch = parseBranch(name);
    if (branch !== undefined) layers.add(branch.layer);
  }
  return [...layers];
}
