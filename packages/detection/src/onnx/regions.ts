/** Pooling of regions from the pyramid, and box heads that move them, as `network/second-stage.ts`. V regions of all pictures. */
import type { Value } from '@icconv/models/onnx';
import type { FasterRcnnConfig, LevelRule } from '../config/faster-rcnn-config';
import type { BoxStage } from '../roi-heads/box-head';
import { area, clip, decode } from './boxes';
import type { Ops } from './ops';
import type { InputSize } from './proposals';

export interface Regions {
  /** float32 [V, 4]. */
  readonly boxes: Value;
  /** int64 [V], the picture that each is of. */
  readonly owners: Value;
}

export type Pool = (regions: Regions, outputSize: number) => Value;

/** Pooling to float32 [V, C, S, S]. @param levels - P2 and coarser. */
export function pooling(
  ops: Ops,
  levels: readonly Value[],
  { padded }: InputSize,
  { levelRule, samplingRatio, aligned }: FasterRcnnConfig['roi'],
): Pool {
  const height = ops.cast(ops.gather(padded, ops.int(0)), 'float');
  const maps = levels.slice(0, levelRule.levels).map((map) => ({ map, scale: scaleOf(ops, map, height) }));
  return ({ boxes, owners }, outputSize) => {
    const level = assignedLevels(ops, boxes, levelRule);
    const places = maps.map((_, i) => ops.places(ops.run('Equal', [level, i])));
    const pooled = maps.map(({ map, scale }, i) => {
      // Powers of two scale without rounding, so that the operator's own scale, which is fixed, can stay 1.
      const own = ops.mul(ops.gather(boxes, places[i]!), scale);
      return ops.run('RoiAlign', [map, own, ops.gather(owners, places[i]!)], {
        coordinate_transformation_mode: aligned ? 'half_pixel' : 'output_half_pixel',
        mode: 'avg',
        output_height: outputSize,
        output_width: outputSize,
        sampling_ratio: samplingRatio,
        spatial_scale: { float: 1 },
      });
    });
    const order = ops.concat(places, 0);
    const back = ops.run('ScatterElements', [order, order, ops.range(ops.length(order, 0))], { axis: 0 });
    return ops.gather(ops.concat(pooled, 0), back);
  };
}

/** The power of two nearest to a map's size over the input's, float32 []. */
function scaleOf(ops: Ops, map: Value, height: Value): Value {
  const ratio = ops.div(ops.cast(ops.length(map, 2), 'float'), height);
  return ops.run('Pow', [2, ops.run('Round', [ops.div(ops.run('Log', [ratio]), Math.LN2)])]);
}

/** As `assignLevels`, float32 [V]. */
function assignedLevels(ops: Ops, boxes: Value, rule: LevelRule): Value {
  const side = ops.div(ops.run('Sqrt', [area(ops, boxes)]), rule.canonicalSize);
  const level = ops.add(ops.div(ops.run('Log', [side]), Math.LN2), rule.canonicalLevel + rule.epsilon);
  const within = ops.run('Clip', [ops.run('Floor', [level]), 0, rule.levels - 1]);
  return ops.reshape(within, [-1]);
}

export interface Judged {
  /** float32 [V, K + 1], of all classes and the background. */
  readonly probabilities: Value;
  /** The boxes that the last head saw, float32 [V, 4]. */
  readonly boxes: Value;
  /** What it says of them, float32 [V, 4 columns]. */
  readonly deltas: Value;
}

/** The box heads in their order, each on the boxes of the one before. */
export function throughStages(
  ops: Ops,
  stages: readonly Pick<BoxStage, 'coderWeights'>[],
  heads: readonly ((pooled: Value) => Readonly<Record<'logits' | 'deltas', Value>>)[],
  pool: Pool,
  regions: Regions,
  { limits }: InputSize,
  { outputSize, cascade }: FasterRcnnConfig['roi'],
): Judged {
  let { boxes } = regions;
  const outputs = heads.map((head, i) => {
    const output = head(pool({ ...regions, boxes }, outputSize));
    const seen = boxes;
    if (i < heads.length - 1) boxes = clip(ops, decode(ops, output.deltas, boxes, stages[i]!.coderWeights), limits);
    return { ...output, seen };
  });
  const { deltas, seen } = outputs.at(-1)!;
  const logits = outputs.map((output) => output.logits);
  const probabilities =
    cascade?.average === 'probabilities' ? mean(ops, logits.map(ops.softmax)) : ops.softmax(mean(ops, logits));
  return { probabilities, boxes: seen, deltas };
}

/** The mean of tensors of one shape. */
export function mean(ops: Ops, values: readonly Value[]): Value {
  return values.length === 1 ? values[0]! : ops.div(ops.run('Sum', values), values.length);
}
