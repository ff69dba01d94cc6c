/** Checkpoints of ResNets. Needs Node. */
export {
  type LoadWeightsOptions,
  loadBackboneWeights,
  loadResNetWeights,
  type ReadWeightsOptions,
  readResNetWeights,
} from './load-resnet-weights';
