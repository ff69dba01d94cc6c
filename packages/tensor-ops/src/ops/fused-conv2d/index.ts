export {
  type FusedConv2dOptions,
  fusedConv2d,
  type PackConv2dOptions,
  type PackedConv2dFilter,
  packConv2dFilter,
} from './fused-conv2d';
export { type FusedConvAlgorithm, registerFusedConv2d } from './register-fused-conv2d';
