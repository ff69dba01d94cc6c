/**
 * The published pattern files: a JSON list with one object per inception layer in forward order. Key "(i, j)" stands for dilation
 * [i + 1, j + 1], its value is how many consecutive output channels have it (or groups, for ResNeXt), keys in channel order.
 *
 * Source of the format: github.com/yifan123/IC-Conv, pattern_zoo.
 */
import { PatternFormatError, type PatternPlace } from '../errors/pattern-format-error';
import {
  type Dilation,
  type DilationPattern,
  type LayerPattern,
  MAX_CHANNELS,
  MAX_DILATION,
  type PatternExpectations,
  validatePattern,
} from './dilation-pattern';

/** Options of {@link parsePatternCounts}. */
export interface ParseCountsOptions extends PatternExpectations {
  /** Names for the layers, in forward order. */
  readonly names?: readonly string[];
}

// Two numbers, whatever stands between and around them: the official reader is as lenient.
const KEY = /^\D*(\d+)\D+(\d+)\D*$/;

/**
 * Reads counts per dilation.
 *
 * @param input - the file's text, or what `JSON.parse` made of it.
 * @throws {@link PatternFormatError} that names file, layer and, where there is one, channel.
 */
export function parsePatternCounts(input: unknown, options: ParseCountsOptions = {}): DilationPattern {
  const { file, names } = options;
  const json = typeof input === 'string' ? parseJson(input, file) : input;
  if (!Array.isArray(json)) throw new PatternFormatError({ file }, 'expected a list with one object per layer');
  if (names !== undefined && names.length !== json.length) {
    throw new PatternFormatError({ file }, `${json.length} layers, but ${names.length} names were given`);
  }
  let maxDilation = 1;
  const layers = json.map((counts: unknown, layer): LayerPattern => {
    const { dilations, largest } = parseLayer(counts, { file, layer });
    maxDilation = Math.max(maxDilation, largest);
    return { ...(names === undefined ? {} : { name: names[layer]! }), dilations };
  });
  const pattern = { maxDilation, layers };
  validatePattern(pattern, options);
  return pattern;
}

export function parseJson(text: string, file: string | undefined): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PatternFormatError({ file }, `not JSON: ${(cause as Error).message}`, { cause });
  }
}

function parseLayer(counts: unknown, place: PatternPlace): { dilations: Dilation[]; largest: number } {
  if (typeof counts !== 'object' || counts === null || Array.isArray(counts)) {
    throw new PatternFormatError(place, 'expected an object of counts per "(i, j)"');
  }
  const dilations: Dilation[] = [];
  const seen = new Set<string>();
  let largest = 1;
  for (const [key, count] of Object.entries(counts)) {
    const match = KEY.exec(key);
    if (match === null || Number(match[1]) >= MAX_DILATION || Number(match[2]) >= MAX_DILATION) {
      const fault = `key ${JSON.stringify(key)} is not of the form "(i, j)" with numbers from 0 to ${MAX_DILATION - 1}`;
      throw new PatternFormatError(place, fault);
    }
    const dilation: Dilation = [Number(match[1]) + 1, Number(match[2]) + 1];
    const name = dilation.join('x');
    if (seen.has(name))
      throw new PatternFormatError(place, `key ${JSON.stringify(key)} names dilation ${name} a second time`);
    seen.add(name);
    const room = MAX_CHANNELS - dilations.length;
    if (!Number.isSafeInteger(count) || (count as number) < 0 || (count as number) > room) {
      const fault = `count of ${JSON.stringify(key)} must be a whole number of at least 0 (and all together at most ${MAX_CHANNELS}), received ${JSON.stringify(count)}`;
      throw new PatternFormatError({ ...place, channel: dilations.length }, fault);
    }
    largest = Math.max(largest, ...dilation);
    for (let i = 0; i < (count as number); i++) dilations.push(dilation);
  }
  if (dilations.length === 0) throw new PatternFormatError(place, 'the counts sum to 0 channels');
  return { dilations, largest };
}

/**
 * Writes counts per dilation, all `maxDilation`^2 keys in row order, as the published files do.
 *
 * @throws {@link PatternFormatError} for a layer whose channels are not sorted by dilation (height, then width): counts cannot tell
 *   their order. `formatPattern` can.
 */
export function formatPatternCounts(pattern: DilationPattern): string {
  validatePattern(pattern);
  const { maxDilation } = pattern;
  const layers = pattern.layers.map(({ dilations }, layer) => {
    const counts: Record<string, number> = {};
    for (let i = 0; i < maxDilation; i++) for (let j = 0; j < maxDilation; j++) counts[`(${i}, ${j})`] = 0;
    let before = 0;
    dilations.forEach(([height, width], channel) => {
      const rank = height * maxDilation + width;
      if (rank < before) {
        const fault = `dilation ${height}x${width} stands behind a larger one, and counts cannot tell the order of channels; write it with formatPattern`;
        throw new PatternFormatError({ layer, channel }, fault);
      }
      before = rank;
      counts[`(${height - 1}, ${width - 1})`]! += 1;
    });
    return counts;
  });
  return `${JSON.stringify(layers, null, 2)}\n`;
}
