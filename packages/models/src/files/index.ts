/** What networks need of files: schema of backbones, checkpoints of ResNets. Needs Node. */
export { backboneSchema, backboneToJson } from './backbone-schema';
export { freezingSchema } from './freezing-schema';
export { type LoadWeightsOptions, loadBackboneWeights, loadResNetWeights } from './load-resnet-weights';
