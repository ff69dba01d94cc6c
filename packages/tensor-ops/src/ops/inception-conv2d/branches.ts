/** Splits the output channels of an inception convolution into branches that one ordinary convolution each can compute. */
import type { Pair } from '../../kernel/geometry';

/** Channels of equal dilation, equally many in each of some groups. */
export interface Branch {
  readonly dilations: Pair;
  /** Groups that have channels in this branch, ascending. */
  readonly groups: readonly number[];
  /** Output channels, group by group, ascending. */
  readonly channels: readonly number[];
}

/**
 * @param dilations - dH and dW of channel 0, of channel 1, ...
 * @returns branches that hold each output channel once; those of a group that has more channels of a dilation than another stand apart.
 */
export function splitBranches(dilations: readonly number[], groups: number): Branch[] {
  const channels = dilations.length / 2;
  const groupSize = channels / groups;
  // Per dilation, per group: its channels. A Map keeps the order in which dilations appear.
  const byDilation = new Map<string, Map<number, number[]>>();
  for (let channel = 0; channel < channels; channel++) {
    const key = `${dilations[2 * channel]},${dilations[2 * channel + 1]}`;
    const perGroup = byDilation.get(key) ?? new Map<number, number[]>();
    byDilation.set(key, perGroup);
    const group = Math.floor(channel / groupSize);
    const list = perGroup.get(group);
    if (list === undefined) perGroup.set(group, [channel]);
    else list.push(channel);
  }
  const branches: Branch[] = [];
  for (const perGroup of byDilation.values()) {
    const byWidth = new Map<number, [number, number[]][]>();
    for (const entry of perGroup) byWidth.set(entry[1].length, [...(byWidth.get(entry[1].length) ?? []), entry]);
    for (const entries of byWidth.values()) {
      const all = entries.flatMap(([, list]) => list);
      const first = all[0]!;
      branches.push({
        dilations: [dilations[2 * first]!, dilations[2 * first + 1]!],
        groups: entries.map(([group]) => group),
        channels: all,
      });
    }
  }
  return branches;
}
