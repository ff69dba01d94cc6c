import { type FpnConfig, resolveFpn } from '../fpn/fpn-config';
import { walkFpn } from '../fpn/walk-fpn';
import type { StateDict } from '../state-dict';
import { type OnnxConv, onnxConv } from './conv';
import { ABSENT, type OnnxGraph, type Value } from './graph';

/**
 * Adds a feature pyramid to a graph, its batch norms folded into the filters.
 *
 * @param op - name for errors. @param weights - as for `fpn`.
 * @param features - maps [N, C, H, W] that the config begins with, finest first.
 * @returns levels [N, C, H, W] by name, `p2` and coarser.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 */
export async function onnxFpn(
  graph: OnnxGraph,
  op: string,
  weights: Readonly<StateDict>,
  config: FpnConfig,
  features: readonly Value[],
): Promise<Record<string, Value>> {
  const plan = resolveFpn(config);
  const convs = new Map<string, OnnxConv>();
  for (const spec of [...plan.inner, ...plan.outer, ...plan.extra]) {
    convs.set(spec.name, await onnxConv(graph, op, weights, spec));
  }
  return walkFpn<Value>(plan, features, {
    conv: (x, { name }, after) => convs.get(name)!(x, after),
    enlarge(x, like) {
      const channels = graph.node('Shape', 'fpn.channels', [x], { start: 0, end: 2 });
      const size = graph.node('Shape', 'fpn.size', [like], { start: 2, end: 4 });
      const sizes = graph.node('Concat', 'fpn.sizes', [channels, size], { axis: 0 });
      // Row i of H' is row floor(i H / H') of H, as everywhere.
      return graph.node('Resize', 'fpn.enlarge', [x, ABSENT, ABSENT, sizes], {
        mode: 'nearest',
        coordinate_transformation_mode: 'asymmetric',
        nearest_mode: 'floor',
      });
    },
    subsample: (x) => graph.node('MaxPool', 'fpn.subsample', [x], { kernel_shape: [1, 1], strides: [2, 2] }),
    relu: (x) => graph.node('Relu', 'fpn.relu', [x]),
  });
}
