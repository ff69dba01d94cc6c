/** Names of the detector's weights: torchvision's, which other libraries' checkpoints are renamed to. */
import type { StateDict } from '@icconv/models';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import type { RpnHeadNames } from '../rpn/rpn-head';

export const BACKBONE_PREFIX = 'backbone.body.';
export const FPN_PREFIX = 'backbone.fpn.';

export function rpnHeadNames(config: FasterRcnnConfig): RpnHeadNames {
  return {
    convs: Array.from({ length: config.rpn.convs }, (_, i) => `rpn.head.conv.${i}.0`),
    logits: 'rpn.head.cls_logits',
    deltas: 'rpn.head.bbox_pred',
  };
}

/** The weights under a prefix, by their names without it. */
export function under(weights: StateDict, prefix: string): StateDict {
  const inside = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(inside.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}
