export { SearchError } from './errors/search-error';
export { allDilations, type SuperKernel, superSize, tapMask } from './geometry/taps';
export { expectedRelu } from './network/batch-norm-means';
export {
  plainConfig,
  type SuperConfigOptions,
  type SuperLayerSpec,
  searchedConfig,
  superConfig,
  superLayers,
} from './network/resnet-layers';
export { resnetNetwork } from './network/resnet-network';
export type { Observe, SearchLayer, SearchNetwork } from './network/search-network';
export { checkSuperWeights, type PrefixOptions } from './network/super-weights';
export { expectation } from './objectives/expectation';
export { type FilterValues, filterValues } from './objectives/filter-values';
export type { LayerStatistics } from './objectives/layer-statistics';
export { type LayerErrors, layerErrors, OBJECTIVES, type Objective, type ObjectiveName } from './objectives/objective';
export { outputErrors } from './objectives/output-error';
export { signedWeights } from './objectives/signed-weights';
export type { ChannelErrors } from './objectives/tap-sums';
export { weightL1 } from './objectives/weight-l1';
export { measureKernelCosts } from './search/kernel-costs';
export { superNetworkReadiness } from './search/readiness';
export {
  type BackboneSearchOptions,
  DEFAULT_INPUT_SIZE,
  type SearchConstraints,
  type SearchedBackbone,
  searchBackbone,
} from './search/search-backbone';
export { type SearchOptions, type SearchResult, searchDilations } from './search/search-dilations';
export { type Baseline, type BaselineLayer, baselinePattern } from './selection/baselines';
export type { SelectionConstraints, ShareBound } from './selection/constraints';
export { type KernelCost, type KernelShape, measureKernelCost, predictedMs } from './selection/latency';
export { type PatternError, patternError, selectPattern } from './selection/select-pattern';
export { type StatisticsOptions, statisticsPass } from './statistics/statistics-pass';
export { cropFilter, type NewTaps, widenFilter } from './weights/filters';
export { cropWeights, widenWeights } from './weights/resnet-weights';
export { sortChannels } from './weights/sort-channels';
