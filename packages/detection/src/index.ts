export { type AnchorConfig, generateAnchors } from './anchors/anchor-generator';
export { type BoxCoderWeights, decodeBoxes, encodeBoxes } from './boxes/box-coder';
export { boxArea, clipBoxes, pairwiseIou, scaleBoxes } from './boxes/box-ops';
export { type DetectionConfig, type Detections, selectDetections } from './roi-heads/select-detections';
export { type ProposalConfig, type Proposals, selectProposals } from './rpn/proposals';
