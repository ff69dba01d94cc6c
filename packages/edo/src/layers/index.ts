/** The search for models of tf.layers. Importing this entry registers `InceptionConv2D` with it. */
export { convLayers, type LayerChoice, type LayerReport } from './eligible';
export {
  type ModelNetworkOptions,
  modelNetwork,
  replaceByInception,
  type WidenModelOptions,
  widenModel,
} from './model-search';
