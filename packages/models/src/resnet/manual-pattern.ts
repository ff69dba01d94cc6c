/** A hand-made pattern for a ResNet of any kind. */
import { type ManualPatternOptions, manualPattern } from '@icconv/inception-conv';
import type { LayerSelector, ResNetConfig } from '../config/resnet-config';
import { planConvs } from '../network/plan';
import { resolveResNet } from '../network/resolve';

export interface ManualResNetOptions extends Pick<ManualPatternOptions, 'maxDilation' | 'undilatedShare'> {
  /** @defaultValue {@link DEFAULT_LAYERS} */
  readonly layers?: readonly LayerSelector[];
}

/**
 * The network with inception convolutions by the advice of the method's author, see `manualPattern`: a start for networks that no search
 * has been run on.
 *
 * @throws {@link InvalidArgumentError} as `manualPattern`, and for selectors that choose no layer.
 * @example
 * ```ts
 * const backbone = withManualPattern(resnetConfig(18), { maxDilation: 4 });
 * ```
 */
export function withManualPattern(config: ResNetConfig, options: ManualResNetOptions = {}): ResNetConfig {
  const { layers, ...rest } = options;
  const selected = layers === undefined ? {} : { layers };
  // As super-kernels of their own size, chosen layers show in the plan.
  const plan = planConvs(resolveResNet({ ...config, conv: { kind: 'super', size: 3, ...selected } }));
  const chosen = plan.filter(({ kind }) => kind === 'super');
  const channels = chosen.map(({ outChannels, groups }) => (groups === 1 ? outChannels : groups));
  const names = chosen.map(({ name }) => name);
  return { ...config, conv: { kind: 'inception', pattern: manualPattern({ ...rest, channels, names }), ...selected } };
}
