export {
  RefusedPickleError,
  type ShapeDifference,
  StateDictMismatchError,
  WeightFormatError,
} from '../errors';
export { type ConvertOptions, type ConvertReport, convertWeights } from './convert/convert-file';
export { branchedLayers, countsByLayer } from './convert/inception';
export { LAYOUT_RULES, type LayoutRule, TENSOR_LAYOUTS, type TensorLayoutName } from './convert/layouts';
export { type Selection, type SelectOptions, selectStateDict } from './convert/select';
export type { InceptionCounts, WeightLayout } from './convert/types';
export type { ReadDtype, WeightData, WeightDtype } from './dtypes';
export { WEIGHT_LIMITS, type WeightLimits } from './limits';
export { type OpenWeightsOptions, openWeights, withWeights } from './open';
export type { PlainValue } from './pickle/writer';
export { type PytorchWriteOptions, writePytorch } from './pytorch/write';
export type { ReadStateDictOptions, StateDictReport } from './read-state-dict';
export { type SafetensorsWriteOptions, writeSafetensors } from './safetensors/write';
export type { SaveOptions } from './save';
export { type LoadStateDictOptions, loadStateDict, type SaveStateDictOptions, saveStateDict } from './state-dict';
export type { StateDict } from './types';
export {
  type MetadataValue,
  type Placement,
  type ReadTensorOptions,
  type SkippedEntry,
  type WeightEntry,
  WeightFile,
  type WeightFormat,
} from './weight-file';
export type { WritableTensor } from './writable';
