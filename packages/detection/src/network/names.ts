/** Where the parts stand among the names of the detector's weights: torchvision's, which other libraries' checkpoints are renamed to. */
export const BACKBONE_PREFIX = 'backbone.body.';
export const FPN_PREFIX = 'backbone.fpn.';
