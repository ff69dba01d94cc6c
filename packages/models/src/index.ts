export { DisposedError } from '@icconv/base';
export { Compilation } from './compile/compilation';
export { type CompiledFpn, compileFpn } from './compile/compile-fpn';
export { type CompiledResNet, compileForInference, type ForwardOptions } from './compile/compile-resnet';
export type { CompileOptions } from './compile/compiled-conv';
export { IMAGENET_RGB } from './config/imagenet';
export { PATTERN_NAMES, type PatternName } from './config/pattern-names';
export {
  type BackboneConfig,
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
export { type FpnFeatures, type FpnOptions, type FpnResult, fpn, fpnShapes, initFpn } from './fpn/fpn';
export { type FpnConfig, type FpnExtra, fpnConfig } from './fpn/fpn-config';
export { type CompiledHead, compileHead } from './head/compile-head';
export type { HeadConv, HeadDeconv, HeadLayer, HeadLinear, HeadPlan } from './head/head-plan';
export { headShapes, initHead } from './head/head-weights';
export { type HeadResult, runHead } from './head/run-head';
export { type InitOptions, initResNet } from './init/init-resnet';
export { uniformSource } from './init/random';
export { BATCH_NORM_EPSILON } from './layers/batch-norm';
export type { ObserveConv } from './layers/conv-layer';
export { NORM_PARTS } from './layers/norm-layer';
export type { NormOptions } from './layers/norm-options';
export { fpnNames, PREFIXES, renameFrom, resnetNames, type WeightNames, type WeightStyle } from './names/names';
export type { ConvSpec } from './network/plan';
export type { ResNetOutput } from './network/walk';
export { checkWeightBudget, MAX_WEIGHTS } from './network/weight-budget';
export { publishedCounts, publishedPattern } from './patterns/published';
export { type ResNetBlock, type ResNetConv, resnetBlocks, resnetConvs } from './resnet/blocks';
export {
  type FeatureSpec,
  type InceptionLayer,
  inceptionCounts,
  inceptionLayers,
  isStatistic,
  resnetFeatures,
  resnetShapes,
} from './resnet/features';
export { type ManualResNetOptions, withManualPattern } from './resnet/manual-pattern';
export { type ResNetFeature, type ResNetOptions, type ResNetResult, resnet } from './resnet/resnet';
export { prefixed, type StateDict, under, weight } from './state-dict';
export { formatNetwork } from './summary/format-summary';
export { type LayerSummary, type NetworkCost, type NetworkSummary, summary } from './summary/summary';
export { type FreezingConfig, type TrainableParts, trainableParts } from './training/trainable-parts';
