/**
 * The forward order of a ResNet, told once. Whoever computes with it (on tensors, compiled filters, shapes) says what a convolution,
 * a pooling and a classifier are.
 */
import type { ConvSpec, HeadSpec, ResNetPlan } from './plan';

/** What the network can give: the outputs of its stages, and the classifier's. */
export type ResNetOutput = 'c2' | 'c3' | 'c4' | 'c5' | 'logits';

export const FEATURES = ['c2', 'c3', 'c4', 'c5'] as const satisfies readonly ResNetOutput[];

/** What follows a convolution and its batch norm: the sum with the shortcut, if there is one, then ReLU. */
export interface AfterConv<T> {
  readonly relu: boolean;
  readonly residual?: T;
}

export interface ResNetInterpreter<T> {
  /** The convolution, its batch norm, and what follows them. */
  conv(x: T, spec: ConvSpec, after: AfterConv<T>): T;
  /** 3x3, stride 2, padding 1. */
  maxPool(x: T): T;
  /** Mean over the map and the linear layer. */
  classify(x: T, head: HeadSpec): T;
}

/** Runs the network as far as the outputs asked for need it. */
export function walkResNet<T>(
  plan: ResNetPlan,
  x: T,
  returns: ReadonlySet<ResNetOutput>,
  interpreter: ResNetInterpreter<T>,
): Partial<Record<ResNetOutput, T>> {
  const last = returns.has('logits') ? 3 : Math.max(...FEATURES.map((name, i) => (returns.has(name) ? i : -1)));
  const results: Partial<Record<ResNetOutput, T>> = {};
  let y = interpreter.maxPool(interpreter.conv(x, plan.stem, { relu: true }));
  for (const [index, stage] of plan.stages.slice(0, last + 1).entries()) {
    for (const { convs, downsample } of stage.blocks) {
      const shortcut = downsample === undefined ? y : interpreter.conv(y, downsample, { relu: false });
      const inner = convs.slice(0, -1).reduce((z, spec) => interpreter.conv(z, spec, { relu: true }), y);
      y = interpreter.conv(inner, convs.at(-1)!, { relu: true, residual: shortcut });
    }
    const name = FEATURES[index]!;
    if (returns.has(name)) results[name] = y;
  }
  if (returns.has('logits')) results.logits = interpreter.classify(y, plan.head!);
  return results;
}
