/** Which layers of a ResNet config have super-kernels, and the configs before and after a search. */
import { type DilationPattern, validatePattern } from '@icconv/inception-conv';
import {
  type ConvChoice,
  DEFAULT_LAYERS,
  type LayerSelector,
  type ResNetConfig,
  type ResNetConv,
  resnetConvs,
} from '@icconv/models';
import { SearchError } from '../errors/search-error';
import { checkSuperKernel, type SuperKernel, superSize } from '../geometry/taps';

/** A searched layer of a config: its kernel, and the convolution with its place in the network. */
export interface SuperLayerSpec extends SuperKernel, ResNetConv {}

export interface SuperConfigOptions {
  /** Largest dilation on either axis; 4 gives the published K = 9, 6 gives 13. */
  readonly maxDilation: number;
  /** @defaultValue the second convolution of every block */
  readonly layers?: readonly LayerSelector[];
}

/**
 * The super-network of a plain ResNet: its chosen 3x3 convolutions with kernels of side 2*maxDilation + 1.
 *
 * @throws {@link InvalidArgumentError} for a `maxDilation` that is no positive whole number, and as `resnet` for selectors; {@link SearchError}
 *   for a config that is not plain.
 */
export function superConfig(config: ResNetConfig, options: SuperConfigOptions): ResNetConfig {
  const { maxDilation, layers = DEFAULT_LAYERS } = options;
  const kernel = { maxDilation, kernelSize: 3 };
  checkSuperKernel('superConfig', kernel);
  if (choicesOf(config).some(({ kind }) => kind !== 'plain')) {
    throw new SearchError(
      'superConfig: the config has inception or super-kernel layers already; give the plain one, see plainConfig',
    );
  }
  const wide: ResNetConfig = { ...config, conv: { kind: 'super', size: superSize(kernel), layers } };
  // The plan tells of selectors that choose nothing.
  resnetConvs(wide);
  return wide;
}

/**
 * Layers with super-kernels, in forward order.
 *
 * @throws {@link SearchError} where there is none.
 */
export function superLayers(config: ResNetConfig): SuperLayerSpec[] {
  const layers: SuperLayerSpec[] = [];
  for (const conv of resnetConvs(config)) {
    const { kind, name, size, plainSize: kernelSize } = conv;
    if (kind !== 'super') continue;
    const maxDilation = (size - 1) / (kernelSize - 1);
    if (!Number.isSafeInteger(maxDilation)) {
      throw new SearchError(`${name}: a super-kernel of side ${size} is no (k - 1)*d + 1 for k = ${kernelSize}`);
    }
    layers.push({ ...conv, kernelSize, maxDilation });
  }
  if (layers.length === 0) {
    throw new SearchError(
      'the network has no layer to search: no convolution of its config has a super-kernel; see superConfig',
    );
  }
  return layers;
}

/** The network without super-kernels or inception convolutions: what {@link superConfig} was made of. */
export function plainConfig(config: ResNetConfig): ResNetConfig {
  const { conv: _, ...rest } = config;
  return rest;
}

/** The inception network of a pattern that was found for a super-network; other choices of its config stay. @throws PatternFormatError */
export function searchedConfig(config: ResNetConfig, pattern: DilationPattern): ResNetConfig {
  const layers = superLayers(config);
  validatePattern(pattern, { channels: layers.map(({ groups, outChannels }) => (groups > 1 ? groups : outChannels)) });
  const found: ConvChoice = { kind: 'inception', pattern, layers: layers.map(({ name }) => name) };
  const others = choicesOf(config).filter(({ kind }) => kind === 'inception');
  return { ...plainConfig(config), conv: others.length === 0 ? found : [...others, found] };
}

function choicesOf({ conv = { kind: 'plain' } }: ResNetConfig): readonly ConvChoice[] {
  return Array.isArray(conv) ? conv : [conv as ConvChoice];
}
