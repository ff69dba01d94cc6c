/** A ResNet's outputs as a program of its compiled convolutions. */
import { type ConvStep, convProgram, type MapIndex } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { ResNetPlan } from '../network/plan';
import { type ResNetOutput, walkResNet } from '../network/walk';
import { STEM_POOL } from '../resnet/resnet';
import type { Disposable } from './compilation';
import type { CompiledConv } from './compiled-conv';

export interface NetworkProgram extends Disposable {
  /** Feature maps by output; for `logits` the map that the classifier sees. Two outputs may be one tensor. */
  run(x: Tensor4D): Partial<Record<ResNetOutput, Tensor4D>>;
}

export function networkProgram(
  plan: ResNetPlan,
  wanted: ReadonlySet<ResNetOutput>,
  conv: (name: string) => CompiledConv,
): NetworkProgram {
  const steps: ConvStep[] = [];
  const push = (step: ConvStep): MapIndex => steps.push(step);
  const maps = walkResNet<MapIndex>(plan, 0, wanted, {
    conv(input, { name }, { relu, residual }) {
      const layer = conv(name);
      const activation = relu ? 'relu' : 'linear';
      if (layer.kind === 'conv') {
        return push({ ...layer, name, input, activation, ...(residual !== undefined && { residual }) });
      }
      if (residual === undefined) return push({ ...layer, name, input, activation });
      // The inception kernel cannot add a residual; only basic blocks have one behind it.
      return push({ kind: 'add', name, input: push({ ...layer, name, input }), other: residual, activation });
    },
    maxPool: (input) => push({ kind: 'maxPool', input, ...STEM_POOL }),
    classify: (input) => input,
  });
  const entries = Object.entries(maps) as [ResNetOutput, MapIndex][];
  const outputs = [...new Set(entries.map(([, map]) => map))];
  const program = convProgram(steps, { outputs });
  return {
    run(x) {
      const results = program.run(x);
      return Object.fromEntries(entries.map(([name, map]) => [name, results[outputs.indexOf(map)]!]));
    },
    dispose: () => program.dispose(),
  };
}
