import type { Value } from '@icconv/models/onnx';
import type { MaskConfig } from '../config/faster-rcnn-config';
import { backgroundMasks } from '../roi-heads/mask-head';
import type { Ops } from './ops';
import { mean, type Pool } from './regions';
import type { GraphDetections } from './select';

/** Probabilities within the boxes of detections, float32 [N, D, M, M]; zeros where there is none, for which no head is run. */
export function addMasks(
  ops: Ops,
  { boxes, labels, valid }: GraphDetections,
  heads: readonly ((pooled: Value) => Readonly<Record<'masks', Value>>)[],
  pool: Pool,
  mask: MaskConfig,
): Value {
  const places = ops.places(ops.reshape(valid, [-1]));
  const owners = ops.div(places, ops.shape(valid, 1, 2));
  const pooled = pool({ boxes: ops.gather(ops.reshape(boxes, [-1, 4]), places), owners }, mask.outputSize);
  const classes = ops.gather(ops.reshape(labels, [-1]), places);
  const channels = ops.unsqueeze(ops.add(classes, ops.int(backgroundMasks(mask))), 1);
  const each = heads.map((head) => {
    const own = ops.run('GatherND', [head(pooled).masks, channels], { batch_dims: 1 });
    return ops.run('Sigmoid', [own]);
  });
  const side = 2 * mask.outputSize;
  const [images, detections] = [ops.shape(valid, 0, 1), ops.shape(valid, 1, 2)];
  const rows = ops.run('Mul', [images, detections]);
  const all = ops.spread(mean(ops, each), places, ops.lengths([rows, side, side]), 0);
  return ops.reshape(all, [images, detections, side, side]);
}
