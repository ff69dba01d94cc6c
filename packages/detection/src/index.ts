export { generateAnchors } from './anchors/anchor-generator';
export { anchorOverlap, anchorsFor, levelRuleFor } from './anchors/fit-anchors';
export { type BoxCoderWeights, decodeBoxes, encodeBoxes } from './boxes/box-coder';
export { boxArea, clipBoxes, pairwiseIou } from './boxes/box-ops';
export type {
  AnchorConfig,
  CascadeConfig,
  CascadeStage,
  FasterRcnnConfig,
  InputConfig,
  MaskConfig,
  ProposalConfig,
  RoiConfig,
  RpnConfig,
} from './config/faster-rcnn-config';
export { fasterRcnnConfig, PRESETS, type Preset } from './config/presets';
export { type PreparedBatch, pixelOptions, preparePictures, resizedSize } from './input/prepare';
export { type Draw, seededDraw } from './matching/sampler';
export { type CompiledFasterRcnn, compileFasterRcnn } from './network/compile-faster-rcnn';
export {
  type FasterRcnnLosses,
  fasterRcnn,
  fasterRcnnLosses,
  type ImageSize,
} from './network/faster-rcnn';
export type { DetectorParts } from './network/parts';
export { fasterRcnnShapes, initFasterRcnn } from './network/shapes';
export type { GroundTruth } from './roi-heads/sample-proposals';
export { type DetectionConfig, type Detections, selectDetections } from './roi-heads/select-detections';
export { type Proposals, selectProposals } from './rpn/proposals';
export {
  type DetectionBatch,
  type DetectionStep,
  type DetectionStepOptions,
  detectionStep,
} from './training/detection-step';
export { detectorNames, styleOfNames } from './weights/names';
