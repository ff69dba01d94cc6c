/** What needs Node: files. */
export { type LoadDetectorOptions, loadDetectorWeights, saveDetectorWeights } from './weights/detector-weights';
