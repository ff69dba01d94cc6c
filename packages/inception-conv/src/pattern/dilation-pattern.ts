/**
 * Dilation patterns: for every inception layer of a network, in forward order, the dilation of every output channel.
 *
 * Source: Liu et al., "Inception Convolution with Efficient Dilation Search", CVPR 2021, arXiv 2012.13587.
 */
import { PatternFormatError, type PatternPlace } from '../errors/pattern-format-error';

/** Distance between filter taps in pixels, [height, width]; both at least 1. */
export type Dilation = readonly [height: number, width: number];

/** One layer's dilations, by output channel (by group where the layer has groups), in any order. */
export interface LayerPattern {
  /** Name of the layer's weight without its ending, such as `layer1.0.conv2`. */
  readonly name?: string;
  readonly dilations: readonly Dilation[];
}

/** The dilations of a whole network. */
export interface DilationPattern {
  /** Largest dilation that was allowed on either axis (4 for the published k9 patterns, 6 for k13). */
  readonly maxDilation: number;
  readonly layers: readonly LayerPattern[];
}

/** Above the widest layers in use by far; a count beyond it is a corrupt file, and spelling it out would fill the memory. */
export const MAX_CHANNELS = 2 ** 16;
/** Deeper than any network in use; as above. */
const MAX_LAYERS = 2 ** 14;
/** A super-kernel of side 2*64 + 1 covers whole feature maps; as above. */
export const MAX_DILATION = 64;

/** What {@link validatePattern} holds a pattern to beyond its own rules. */
export interface PatternExpectations {
  /** File name for messages. */
  readonly file?: string;
  /** Output channels of each inception layer of the network, in forward order. */
  readonly channels?: readonly number[];
}

/**
 * Checks a pattern from anywhere: whole positive dilations within `maxDilation`, and the network's number of layers and channels.
 *
 * @throws {@link PatternFormatError} that names file, layer and channel of the first fault.
 */
export function validatePattern(pattern: DilationPattern, { file, channels }: PatternExpectations = {}): void {
  const { maxDilation, layers } = pattern;
  checkMaxDilation(maxDilation, { file });
  if (!Array.isArray(layers)) throw new PatternFormatError({ file }, 'layers must be a list');
  if (layers.length > MAX_LAYERS) {
    throw new PatternFormatError({ file }, `${layers.length} layers, more than the limit of ${MAX_LAYERS}`);
  }
  if (channels !== undefined && layers.length !== channels.length) {
    const counts = `the pattern has ${layers.length} layers, the network has ${channels.length} inception layers`;
    throw new PatternFormatError({ file }, counts);
  }
  for (let layer = 0; layer < layers.length; layer++)
    checkLayer(layers[layer]!, maxDilation, { file, layer }, channels?.[layer]);
}

export function checkMaxDilation(maxDilation: number, place: PatternPlace): void {
  if (!Number.isSafeInteger(maxDilation) || maxDilation < 1 || maxDilation > MAX_DILATION) {
    const fault = `maxDilation must be a whole number from 1 to ${MAX_DILATION}, received ${maxDilation}`;
    throw new PatternFormatError(place, fault);
  }
}

function checkLayer({ dilations }: LayerPattern, max: number, place: PatternPlace, channels: number | undefined): void {
  if (!Array.isArray(dilations) || dilations.length === 0 || dilations.length > MAX_CHANNELS) {
    const received = Array.isArray(dilations) ? `${dilations.length} entries` : String(dilations);
    throw new PatternFormatError(place, `dilations must be a list of 1 to ${MAX_CHANNELS} pairs, received ${received}`);
  }
  dilations.forEach((dilation: unknown, channel: number) => {
    const pair: unknown[] = Array.isArray(dilation) ? dilation : [];
    if (
      pair.length !== 2 ||
      !pair.every((d) => Number.isSafeInteger(d) && (d as number) >= 1 && (d as number) <= max)
    ) {
      const fault = `dilation must be [height, width] in whole numbers from 1 to ${max}, received ${JSON.stringify(dilation)}`;
      throw new PatternFormatError({ ...place, channel }, fault);
    }
  });
  if (channels !== undefined && dilations.length !== channels) {
    const fault = `the pattern covers ${dilations.length} channels, the layer has ${channels}; each layer's counts must sum to its channels`;
    throw new PatternFormatError(place, fault);
  }
}

/** True when both give every channel of every layer the same dilation; names and `maxDilation` do not matter. */
export function equalPatterns(a: DilationPattern, b: DilationPattern): boolean {
  return (
    a.layers.length === b.layers.length &&
    a.layers.every(({ dilations }, layer) => {
      const others = b.layers[layer]!.dilations;
      return (
        dilations.length === others.length &&
        dilations.every(([height, width], i) => height === others[i]![0] && width === others[i]![1])
      );
    })
  );
}
