/** An inception convolution as ordinary ones: channels of equal dilation together. */
import type { Dilation } from '@icconv/inception-conv';
import type { ConvSpec } from '../network/plan';

/** An ordinary convolution that computes some output channels. */
export interface Branch {
  readonly dilation: Dilation;
  /** Output channels, in the order in which the branch gives them. */
  readonly channels: readonly number[];
  /** Groups of the layer whose channels these are, ascending; each has as many of them. */
  readonly groups: readonly number[];
}

/** Branches of an inception layer in order of their first channel. Grouped layers are cut further, for groups of equal shares. */
export function branchesOf({ dilations, groups, outChannels }: ConvSpec): Branch[] {
  const share = outChannels / dilations!.length;
  const perGroup = outChannels / groups;
  const byDilation = new Map<string, { dilation: Dilation; channels: Map<number, number[]> }>();
  for (let channel = 0; channel < outChannels; channel++) {
    const dilation = dilations![Math.floor(channel / share)]!;
    const key = dilation.join();
    const entry = byDilation.get(key) ?? { dilation, channels: new Map<number, number[]>() };
    byDilation.set(key, entry);
    const group = Math.floor(channel / perGroup);
    entry.channels.set(group, [...(entry.channels.get(group) ?? []), channel]);
  }
  return [...byDilation.values()].flatMap(({ dilation, channels }) => {
    const byCount = new Map<number, number[]>();
    for (const [group, list] of channels) byCount.set(list.length, [...(byCount.get(list.length) ?? []), group]);
    return [...byCount.values()].map((members) => ({
      dilation,
      groups: members,
      channels: members.flatMap((group) => channels.get(group)!),
    }));
  });
}

/** For each output channel its place among the branches' channels one after the other; undefined where that is the order already. */
export function restoringOrder(branches: readonly Branch[]): number[] | undefined {
  const order = branches.flatMap(({ channels }) => channels);
  if (order.every((channel, place) => channel === place)) return undefined;
  const places = new Array<number>(order.length);
  order.forEach((channel, place) => {
    places[channel] = place;
  });
  return places;
}
