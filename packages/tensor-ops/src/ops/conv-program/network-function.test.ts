/** A program as a function of TensorFlow, which is a GPU's way to run one, on the CPU by the CPU's kernels. */
import { describeBackends, maxRelativeError } from '@icconv/test-utils';
import { hashed } from '@icconv/test-utils/values';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test, vi } from 'vitest';
import { activate } from '../../../test/support/activate';
import { sampleProgram } from '../../../test/support/sample-program';
import { KernelError } from '../../errors';
import { functionRegister } from '../../kernel/functions';
import type { NativeBackend } from '../../kernel/native-backend';
import { packConv2dFilter } from '../fused-conv2d';
import { convProgram } from './conv-program';
import { encodeProgram } from './encode';
import { gpuNetwork, NetworkFunction, networkText } from './network-function';

const native = () => tf.backend() as NativeBackend & { binding: { executeOp: (...call: unknown[]) => unknown } };

function networkOf(program: ReturnType<typeof sampleProgram>): NetworkFunction {
  const { steps, outputs } = program;
  const { parameters } = encodeProgram(steps, outputs);
  return new NetworkFunction(functionRegister()!, { steps, outputs, parameters, onGpu: false });
}

/** Calls of TensorFlow that `run` makes. */
function callsOf(run: () => void): string[] {
  const spy = vi.spyOn(native(), 'executeMultipleOutputs');
  const single = vi.spyOn(native(), 'executeSingleOutput');
  try {
    run();
    return [...spy.mock.calls, ...single.mock.calls].map(([op]) => op);
  } finally {
    spy.mockRestore();
    single.mockRestore();
  }
}

describeBackends(
  'NetworkFunction',
  activate,
  () => {
    test('gives what the program and its layers give, for maps of any size, in one call', () => {
      tf.tidy(() => {
        const sample = sampleProgram();
        const network = networkOf(sample);
        const program = convProgram(sample.steps, sample);
        for (const [batch, height, width] of [
          [2, 13, 11],
          [1, 40, 33],
          [2, 13, 11],
          [1, 1, 1],
        ] as const) {
          const x = tf.tensor<tf.Rank.R4>(hashed(height, batch * height * width * 3), [batch, height, width, 3]);
          let maps: tf.Tensor[] = [];
          const calls = callsOf(() => {
            maps = network.run(native(), x);
          });
          expect(calls).toHaveLength(1);
          expect(calls[0]).toMatch(/^icconv_network_\d+$/);
          const [ofProgram, byHand] = [program.run(x), sample.byHand(x)];
          for (const [i, map] of maps.entries()) {
            expect(map.shape).toEqual(byHand[i]!.shape);
            expect(maxRelativeError(map.dataSync(), ofProgram[i]!.dataSync())).toBeLessThan(1e-5);
            expect(maxRelativeError(map.dataSync(), byHand[i]!.dataSync())).toBeLessThan(1e-5);
          }
        }
        program.dispose();
        network.dispose();
      });
    });

    test('leaves no tensor but its results, and is gone when disposed', () => {
      tf.tidy(() => {
        const sample = sampleProgram();
        const x = tf.ones<tf.Rank.R4>([1, 9, 9, 3]);
        const before = tf.memory().numTensors;
        const network = networkOf(sample);
        for (let call = 0; call < 3; call++) tf.dispose(network.run(native(), x));
        expect(tf.memory().numTensors).toBe(before + 1);
        network.dispose();
        network.dispose();
        expect(tf.memory().numTensors).toBe(before);
        const [name] = callsOf(() => expect(() => network.run(native(), x)).toThrow());
        expect(() => native().executeMultipleOutputs(name!, [], [x], 1)).toThrow(/nor a name of a function registered/);
      });
    });

    test('names the layer that fails', () => {
      tf.tidy(() => {
        const sample = sampleProgram();
        const [first, pool, second, ...rest] = sample.steps;
        // What only the kernel can find: numbers of another filter.
        const wrong = { ...second!, bias: tf.ones<tf.Rank.R1>([5]) } as (typeof sample.steps)[number];
        const network = networkOf({ ...sample, steps: [first!, pool!, wrong, ...rest] });
        const x = tf.ones<tf.Rank.R4>([1, 9, 9, 3]);
        const run = () => network.run(native(), x);
        expect(run).toThrow(KernelError);
        expect(run).toThrow(
          /^convProgram, layer "layer1\.0\.conv1": bias must have shape \[0\] or \[16\], received \[5\]$/,
        );
        network.dispose();
      });
    });

    test('a GPU takes the function, unless a stride is longer than any map', () => {
      const gpu = { isUsingGpuDevice: true };
      const chosen = (filterStrides: number) => {
        const filter = { ...packConv2dFilter(tf.ones([1, 1, 2, 2])), strides: [filterStrides, 1] as const };
        const network = gpuNetwork(gpu, {
          steps: [{ kind: 'conv', input: 0, filter }],
          outputs: [1],
          parameters: [filter.tensor],
        });
        network?.dispose();
        filter.dispose();
        return network !== undefined;
      };
      tf.tidy(() => {
        expect([chosen(2), chosen(2 ** 20)]).toEqual([true, false]);
      });
      expect(gpuNetwork({}, { steps: [], outputs: [], parameters: [] })).toBeUndefined();
    });
  },
  ['native'],
);

describe('the text of a program', () => {
  // native/cuda/emulation/device/gpu_ops_network_test.cc runs both.
  test.each(['gpu', 'cpu'])('is what runs in the native tests, of the %s', async (device) => {
    await activate('js');
    let text = '';
    tf.tidy(() => {
      const { steps, outputs } = sampleProgram();
      const parameters = [...new Set(encodeProgram(steps, outputs).parameters)];
      text = networkText('icconv_network', { steps, outputs, parameters, onGpu: device === 'gpu' });
    });
    await expect(text).toMatchFileSnapshot(`../../../native/cuda/emulation/device/network.${device}.pbtxt`);
  });
});
