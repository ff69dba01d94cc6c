import { describe, expect, it, vi } from 'vitest';
import { KernelError } from '../errors';
import { watchDevice } from './watch-device';

const backend = () => ({
  binding: { createTensor: () => 1, executeOp: vi.fn((..._call: unknown[]) => [{ id: 7 }]), deleteTensor: () => {} },
});
const onlyConvolution = (op: string) => op === 'IcconvInceptionConv2D';

describe('an op without a kernel for the GPU', () => {
  it('is told once, by its name, and runs; what has a kernel and what is TensorFlow’s is not told', () => {
    const watched = backend();
    const { executeOp } = watched.binding;
    const warn = vi.fn();
    watchDevice(watched, onlyConvolution, warn, false);
    for (const op of ['IcconvBatchNorm', 'IcconvBatchNorm', 'IcconvInceptionConv2D', 'MatMul', 'IcconvBatchNormGrad']) {
      expect(watched.binding.executeOp(op, [], [], 1)).toEqual([{ id: 7 }]);
    }
    expect(executeOp).toHaveBeenCalledTimes(5);
    expect(warn.mock.calls.map(([message]) => message.split(':')[0])).toEqual(['batchNorm', 'batchNormGrad']);
    expect(warn.mock.calls[0]![0]).toBe(
      'batchNorm: no kernel for the GPU yet, so it runs on the CPU: its tensors are copied there and back',
    );
  });

  it('is an error where that is wanted', () => {
    const watched = backend();
    const { executeOp } = watched.binding;
    watchDevice(watched, onlyConvolution, () => {}, true);
    expect(() => watched.binding.executeOp('IcconvImageBatch', [], [], 1)).toThrow(KernelError);
    expect(executeOp).not.toHaveBeenCalled();
    watched.binding.executeOp('IcconvInceptionConv2D', [], [], 1);
    expect(executeOp).toHaveBeenCalledOnce();
  });
});
