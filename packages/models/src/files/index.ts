/** What networks need of files: schema of backbones, checkpoints of backbones. Needs Node. */
export { backboneSchema, backboneToJson } from './backbone-schema';
export { freezingSchema } from './freezing-schema';
export { type LoadWeightsOptions, loadBackboneWeights } from './load-backbone-weights';
