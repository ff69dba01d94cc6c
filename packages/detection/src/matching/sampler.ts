/** Draws the candidates that a loss is computed on: a fixed number, at most a given share of them foreground. */

export interface SamplerConfig {
  /** Candidates an image. */
  readonly perImage: number;
  /** Largest share of foreground, 0 to 1; the rest is filled with background. */
  readonly foregroundShare: number;
}

export interface Sample {
  /** Indices of the drawn foreground candidates, ascending. */
  readonly foreground: Int32Array;
  /** Indices of the drawn background candidates, ascending. */
  readonly background: Int32Array;
}

/** Draws `count` of the candidates; the whole list when there are no more. */
export type Draw = (candidates: Int32Array, count: number) => Int32Array;

/**
 * @param matches - for each candidate the index of its ground truth, -1 for background, lower for neither.
 * @param draw - the source of chance; {@link seededDraw} makes one.
 */
export function sampleBalanced(matches: ArrayLike<number>, config: SamplerConfig, draw: Draw): Sample {
  const foreground: number[] = [];
  const background: number[] = [];
  for (let i = 0; i < matches.length; i++) {
    if (matches[i]! >= 0) foreground.push(i);
    else if (matches[i] === -1) background.push(i);
  }
  const foregroundCount = Math.min(foreground.length, Math.floor(config.perImage * config.foregroundShare));
  const backgroundCount = Math.min(background.length, config.perImage - foregroundCount);
  return {
    foreground: draw(Int32Array.from(foreground), foregroundCount).sort(),
    background: draw(Int32Array.from(background), backgroundCount).sort(),
  };
}

/** A draw without replacement by a partial Fisher-Yates shuffle. @param random - uniform numbers in [0, 1). */
export function seededDraw(random: () => number): Draw {
  return (candidates, count) => {
    if (count >= candidates.length) return candidates;
    const pool = candidates.slice();
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(random() * (pool.length - i));
      const swapped = pool[i]!;
      pool[i] = pool[j]!;
      pool[j] = swapped;
    }
    return pool.slice(0, count);
  };
}
