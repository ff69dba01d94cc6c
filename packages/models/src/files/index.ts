/** What networks need of files: schema of backbones, folders of trained models, checkpoints of backbones. Needs Node. */
export { backboneSchema, backboneToJson } from './backbone-schema';
export { freezingSchema } from './freezing-schema';
export { type LoadWeightsOptions, loadBackboneWeights } from './load-backbone-weights';
export { MODEL_FILE, ModelFileError, readModelFile, writeModelFile } from './model-folder';
