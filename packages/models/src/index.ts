export {
  type BlockKind,
  type ConvChoice,
  DEFAULT_LAYERS,
  type LayerSelector,
  type ResNetConfig,
  type ResNetDepth,
  resnetConfig,
  resnextConfig,
  type StageBlocks,
} from './config/resnet-config';
export { type InitOptions, initResNet } from './init/init-resnet';
export type { ResNetOutput } from './network/walk';
export { PATTERN_NAMES, type PatternName } from './patterns/names';
export { publishedCounts, publishedPattern } from './patterns/published';
export {
  type FeatureSpec,
  type InceptionLayer,
  inceptionCounts,
  inceptionLayers,
  isStatistic,
  resnetFeatures,
  resnetShapes,
} from './resnet/features';
export { type ResNetFeature, type ResNetOptions, type ResNetResult, resnet } from './resnet/resnet';
export type { StateDict } from './state-dict';
export { formatSummary } from './summary/format-summary';
export { type LayerSummary, type NetworkCost, type NetworkSummary, summary } from './summary/summary';
