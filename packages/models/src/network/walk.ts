/**
 * The forward order of a ResNet, told once. Whoever computes with it (on tensors, compiled filters, shapes) says what a convolution,
 * a pooling and a classifier are.
 */
import type { BlockSpec, ConvSpec, HeadSpec, ResNetPlan } from './plan';

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
  /** Told of every intermediate value as soon as nothing needs it any more. */
  release?(value: T): void;
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
  // Gives a step's result and lets go of what went in, where that is not used again.
  const passOn = (value: T, used: T): T => {
    interpreter.release?.(used);
    return value;
  };
  const stem = interpreter.conv(x, plan.stem, { relu: true });
  let y = passOn(interpreter.maxPool(stem), stem);
  let kept = false;
  for (const [index, stage] of plan.stages.slice(0, last + 1).entries()) {
    for (const block of stage.blocks) {
      const next = walkBlock(block, y, interpreter, passOn);
      y = kept ? next : passOn(next, y);
      kept = false;
    }
    const name = FEATURES[index]!;
    kept = returns.has(name);
    if (kept) results[name] = y;
  }
  if (returns.has('logits')) {
    const logits = interpreter.classify(y, plan.head!);
    results.logits = kept ? logits : passOn(logits, y);
  }
  return results;
}

function walkBlock<T>(
  { convs, downsample }: BlockSpec,
  x: T,
  interpreter: ResNetInterpreter<T>,
  passOn: (value: T, used: T) => T,
): T {
  const shortcut = downsample === undefined ? x : interpreter.conv(x, downsample, { relu: false });
  let inner = interpreter.conv(x, convs[0]!, { relu: true });
  for (const spec of convs.slice(1, -1)) inner = passOn(interpreter.conv(inner, spec, { relu: true }), inner);
  const y = passOn(interpreter.conv(inner, convs.at(-1)!, { relu: true, residual: shortcut }), inner);
  return downsample === undefined ? y : passOn(y, shortcut);
}
