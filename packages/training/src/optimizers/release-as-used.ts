/** Gives back what a backward pass has used. */
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** An operator on TensorFlow.js' tape (tape.ts of tfjs-core), whose types are not exported. */
interface TapeNode {
  readonly saved?: readonly Tensor[];
  gradient?: (dys: readonly (Tensor | null)[]) => Record<string, () => Tensor>;
}

/**
 * Lets the backward pass over what has been recorded so far dispose tensors as soon as nothing needs them any more. TensorFlow.js by itself
 * keeps all activations, and all gradients of activations, until the whole pass has ended: twice the memory.
 *
 * Call it at the end of the function whose gradients are asked for; there must be no second pass over this tape.
 */
export function releaseAsUsed(): void {
  const tape = (tf.engine().state as unknown as { activeTape: TapeNode[] | null }).activeTape;
  if (tape === null) return;
  // The pass goes through the tape from its end, so when an operator's gradient is asked for, those behind it are done with.
  let behind = tape.length;
  let used: readonly (Tensor | null)[] = [];
  for (const [index, node] of tape.entries()) {
    const { gradient } = node;
    if (gradient === undefined) continue;
    node.gradient = (dys) => {
      for (const dy of used) dy?.dispose();
      for (; behind > index + 1; behind--) for (const tensor of tape[behind - 1]!.saved ?? []) tensor.dispose();
      used = dys;
      const entries = Object.entries(gradient(dys)).map(([name, compute]) => {
        const own = () => {
          const dx = compute();
          // It goes on under its own name.
          return dys.includes(dx) ? tf.clone(dx) : dx;
        };
        return [name, own] as const;
      });
      return Object.fromEntries(entries);
    };
  }
}
