/**
 * This project's own pattern file: JSON with a line per layer, dilations in channel order as `count*HEIGHTxWIDTH`, count 1 left out.
 *
 *     { "format": "icconv-pattern/1", "maxDilation": 4, "layers": [
 *       { "name": "layer1.0.conv2", "channels": 64, "dilations": "42*1x1 5*1x2 1x3 4*1x4 4*2x1 8*3x3" }
 *     ] }
 */
import { isRecord } from '@icconv/base';
import { PatternFormatError, type PatternPlace } from '../errors/pattern-format-error';
import { type ParseCountsOptions, parseJson, parsePatternCounts } from './counts-format';
import {
  checkMaxDilation,
  type Dilation,
  type DilationPattern,
  type LayerPattern,
  MAX_CHANNELS,
  type PatternExpectations,
  validatePattern,
} from './dilation-pattern';

const FORMAT = 'icconv-pattern/1';
const RUN = /^(?:([1-9]\d{0,6})\*)?([1-9]\d{0,6})x([1-9]\d{0,6})$/;

/** Writes a pattern with names and channel order. */
export function formatPattern(pattern: DilationPattern): string {
  validatePattern(pattern);
  const lines = pattern.layers.map(({ name, dilations }) =>
    JSON.stringify({
      ...(name === undefined ? {} : { name }),
      channels: dilations.length,
      dilations: formatRuns(dilations),
    }),
  );
  const head = `{\n  "format": "${FORMAT}",\n  "maxDilation": ${pattern.maxDilation},\n  "layers": [`;
  return `${head}${lines.map((line) => `\n    ${line}`).join(',')}\n  ]\n}\n`;
}

/**
 * Reads a pattern in this project's format or as published counts.
 *
 * @param input - the file's text, or what `JSON.parse` made of it.
 * @throws {@link PatternFormatError} that names file, layer and, where there is one, channel.
 */
export function parsePattern(input: unknown, options: ParseCountsOptions = {}): DilationPattern {
  const { file } = options;
  const json = typeof input === 'string' ? parseJson(input, file) : input;
  if (Array.isArray(json)) return parsePatternCounts(json, options);
  return parseReadable(json, options);
}

function parseReadable(json: unknown, options: PatternExpectations): DilationPattern {
  const { file } = options;
  const { format, maxDilation, layers } = isRecord(json) ? json : {};
  if (format !== FORMAT) {
    const fault = `expected a list of counts, or an object with "format": "${FORMAT}", received format ${JSON.stringify(format)}`;
    throw new PatternFormatError({ file }, fault);
  }
  checkMaxDilation(maxDilation as number, { file });
  if (!Array.isArray(layers)) throw new PatternFormatError({ file }, '"layers" must be a list');
  const pattern = {
    maxDilation: maxDilation as number,
    layers: layers.map((l, layer) => parseLayer(l, { file, layer })),
  };
  validatePattern(pattern, options);
  return pattern;
}

function parseLayer(json: unknown, place: PatternPlace): LayerPattern {
  const { name, channels, dilations } = isRecord(json) ? json : {};
  if (typeof dilations !== 'string')
    throw new PatternFormatError(place, '"dilations" must be a string such as "42*1x1 5*1x2"');
  if (name !== undefined && typeof name !== 'string') throw new PatternFormatError(place, '"name" must be a string');
  const parsed = parseRuns(dilations, place);
  if (channels !== parsed.length) {
    throw new PatternFormatError(
      place,
      `"channels" is ${JSON.stringify(channels)}, the dilations cover ${parsed.length}`,
    );
  }
  return { ...(name === undefined ? {} : { name }), dilations: parsed };
}

function parseRuns(text: string, place: PatternPlace): Dilation[] {
  const dilations: Dilation[] = [];
  for (const run of text.split(/\s+/).filter((run) => run !== '')) {
    const match = RUN.exec(run);
    const count = Number(match?.[1] ?? 1);
    if (match === null || dilations.length + count > MAX_CHANNELS) {
      const fault = `expected count*HEIGHTxWIDTH, at most ${MAX_CHANNELS} channels in all, received ${JSON.stringify(run)}`;
      throw new PatternFormatError({ ...place, channel: dilations.length }, fault);
    }
    const dilation: Dilation = [Number(match[2]), Number(match[3])];
    for (let i = 0; i < count; i++) dilations.push(dilation);
  }
  return dilations;
}

function formatRuns(dilations: readonly Dilation[]): string {
  const runs: { dilation: string; count: number }[] = [];
  for (const pair of dilations) {
    const dilation = pair.join('x');
    const last = runs.at(-1);
    if (last?.dilation === dilation) last.count++;
    else runs.push({ dilation, count: 1 });
  }
  return runs.map(({ dilation, count }) => (count === 1 ? dilation : `${count}*${dilation}`)).join(' ');
}
