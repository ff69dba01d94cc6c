/** Which weights stay as they are, said aloud; and a guard against freezing what nobody has trained. */
import { FrozenRandomWeightsError } from '../errors';

/** Weights that no gradient changes by their nature: running statistics of batch norms. */
export const isStatisticName = (name: string): boolean => /(?:^|\.)running_(?:mean|var)$/.test(name);

export interface FreezingOptions {
  /** Weights to be trained. */
  readonly trainable: (name: string) => boolean;
  /**
   * Names that were loaded from a file, as `loadStateDict` reports them. With it, freezing a weight that was not loaded is an error;
   * without it every frozen weight counts as random.
   */
  readonly pretrained?: Iterable<string>;
  /** Freeze weights at their random start all the same. @defaultValue `false` */
  readonly allowFrozenRandom?: boolean;
}

/** Names of frozen weights without the statistics. @throws {@link FrozenRandomWeightsError} */
export function frozenWeights(names: readonly string[], options: FreezingOptions): string[] {
  const frozen = names.filter((name) => !isStatisticName(name) && !options.trainable(name));
  if (!options.allowFrozenRandom) {
    const loaded = new Set(options.pretrained ?? []);
    const random = frozen.filter((name) => !loaded.has(name));
    if (random.length > 0) throw new FrozenRandomWeightsError(random);
  }
  return frozen;
}

/** A line for the log: `frozen: 63 of 161 weights: body.conv1.weight, body.layer1.* (60)`. A group is named where all of it is frozen. */
export function describeFrozen(names: readonly string[], frozen: readonly string[]): string {
  const all = names.filter((name) => !isStatisticName(name));
  if (frozen.length === 0) return `frozen: none of ${all.length} weights`;
  const isFrozen = new Set(frozen);
  const groups: string[] = [];
  const done = new Set<string>();
  for (const name of frozen) {
    if (done.has(name)) continue;
    const parts = name.split('.');
    let shown = name;
    for (let depth = 1; depth < parts.length; depth++) {
      const prefix = `${parts.slice(0, depth).join('.')}.`;
      const group = all.filter((other) => other.startsWith(prefix));
      if (group.length < 2 || !group.every((other) => isFrozen.has(other))) continue;
      shown = `${prefix}* (${group.length})`;
      for (const other of group) done.add(other);
      break;
    }
    groups.push(shown);
  }
  return `frozen: ${frozen.length} of ${all.length} weights: ${groups.join(', ')}`;
}
