/** State dicts from bytes, without file access: the part of the weights entry that runs in browsers. */
export { type ShapeDifference, StateDictMismatchError, WeightFormatError } from './errors';
export { type Selection, type SelectOptions, selectStateDict } from './weights/convert/select';
export type { InceptionCounts, WeightLayout } from './weights/convert/types';
export type { WeightLimits } from './weights/limits';
export { type OpenSafetensorsOptions, openSafetensors } from './weights/open-safetensors';
export { type ReadStateDictOptions, readStateDict, type StateDictReport } from './weights/read-state-dict';
export type { StateDict } from './weights/types';
export type { WeightFile } from './weights/weight-file';
