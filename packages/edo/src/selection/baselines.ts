/** Patterns that a search has to beat. */
import { type Dilation, type DilationPattern, manualPattern, uniformPattern } from '@icconv/inception-conv';
import { uniformSource } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';

/** What a baseline needs to know of a layer; errors and searched layers of a config both fit. */
export interface BaselineLayer {
  readonly name: string;
  /** Output channels, or groups where there are several. */
  readonly units: number;
}

export type Baseline = 'ones' | 'random' | 'manual';

/**
 * `ones` is the plain network, `random` draws each unit's dilation evenly from all d^2, `manual` is the advice of the method's author.
 *
 * @throws {@link InvalidArgumentError}
 */
export function baselinePattern(
  kind: Baseline,
  layers: readonly BaselineLayer[],
  options: { readonly maxDilation: number; readonly seed?: number },
): DilationPattern {
  const { maxDilation, seed = 1 } = options;
  const channels = layers.map(({ units }) => units);
  const names = layers.map(({ name }) => name);
  // Checks its arguments for all three.
  const manual = manualPattern({ channels, maxDilation, names });
  switch (kind) {
    case 'manual':
      return manual;
    case 'ones':
      return {
        maxDilation,
        layers: uniformPattern(channels).layers.map((layer, i) => ({ ...layer, name: names[i]! })),
      };
    case 'random': {
      const draw = uniformSource(seed);
      const one = () => 1 + Math.floor(draw() * maxDilation);
      return {
        maxDilation,
        layers: layers.map(({ name, units }) => ({
          name,
          dilations: Array.from({ length: units }, (): Dilation => [one(), one()]),
        })),
      };
    }
    default:
      throw new InvalidArgumentError('baselinePattern', 'kind', kind, '"ones", "random" or "manual"');
  }
}
