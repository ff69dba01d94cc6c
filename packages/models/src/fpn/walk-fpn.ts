/** The order of a pyramid's computation, told once for tensors and compiled filters. */
import type { ConvSpec } from '../network/plan';
import type { AfterConv } from '../network/walk';
import type { FpnPlan } from './fpn-config';

export interface FpnInterpreter<T> {
  conv(x: T, spec: ConvSpec, after: AfterConv<T>): T;
  /** Enlarges a map to the size of another one, each pixel taken from the nearest. */
  enlarge(x: T, like: T): T;
  /** Every second pixel. */
  subsample(x: T): T;
  relu(x: T): T;
}

/** @param features - finest first. @returns levels by name. */
export function walkFpn<T>(plan: FpnPlan, features: readonly T[], interpreter: FpnInterpreter<T>): Record<string, T> {
  const { conv, enlarge, subsample, relu } = interpreter;
  const top = features.length - 1;
  const levels: T[] = new Array(features.length);
  let merged = conv(features[top]!, plan.inner[top]!, { relu: false });
  const lateral = merged;
  for (let level = top; level >= 0; level--) {
    if (level < top) {
      const x = features[level]!;
      merged = conv(x, plan.inner[level]!, { relu: false, residual: enlarge(merged, x) });
    }
    levels[level] = conv(merged, plan.outer[level]!, { relu: false });
  }
  if (plan.pool) levels.push(subsample(levels[top]!));
  let above = { c5: features[top]!, lateral, p5: levels[top]! }[plan.source];
  for (const [i, spec] of plan.extra.entries()) {
    above = conv(i > 0 && plan.reluBetween ? relu(above) : above, spec, { relu: false });
    levels.push(above);
  }
  return Object.fromEntries(levels.map((level, i) => [`p${plan.first + i}`, level]));
}
