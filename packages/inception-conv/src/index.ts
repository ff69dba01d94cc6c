export { PatternFormatError, type PatternPlace } from './errors/pattern-format-error';
export {
  applyInceptionConv,
  type InceptionConvConfig,
  type InceptionConvWeights,
  type InitInceptionConvOptions,
  initInceptionConv,
} from './layer/inception-conv';
export { branchCounts, dilationRuns } from './pattern/branches';
export { formatPatternCounts, type ParseCountsOptions, parsePatternCounts } from './pattern/counts-format';
export {
  type Dilation,
  type DilationPattern,
  equalPatterns,
  type LayerPattern,
  type PatternExpectations,
  validatePattern,
} from './pattern/dilation-pattern';
export { type ManualPatternOptions, manualPattern, uniformPattern } from './pattern/manual-pattern';
export { formatPattern, parsePattern } from './pattern/readable-format';
export { type DilationShare, layerStatistics, type PatternStatistics, patternStatistics } from './pattern/statistics';
