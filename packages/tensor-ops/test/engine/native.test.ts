/** The native engine itself, in processes of its own where its start is what is tested. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { engineInfo, loadedNative, useEngine } from '../../src/engine';
import { readInstalled } from '../../src/installed/installed-engine';
import { hasStreamHeader } from '../../src/installed/library';
import { findTfjsNode } from '../../src/installed/tfjs-node';

function runScript(script: string) {
  return spawnSync(
    process.execPath,
    ['--import', 'tsx', '--conditions=icconv-source', '--input-type=module', '-e', script],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), encoding: 'utf8' },
  );
}

const tfjsNode = findTfjsNode();
const installed = tfjsNode && (await readInstalled(tfjsNode));
const present = installed !== undefined;
const required = process.env.ICCONV_REQUIRE_BACKENDS?.includes('native') ?? false;

describe.skipIf(!present && !required)('native engine', () => {
  beforeAll(async () => void (await useEngine({ device: 'cpu', threads: 2 })));

  it('describes itself', () => {
    const info = engineInfo();
    expect(info).toMatchObject({ device: 'cpu', backend: 'tensorflow', threads: 2 });
    expect(info.version).toMatch(/^2\.\d+\.\d+$/);
    expect(info.devices).toContain('CPU:0');
    expect(info.customOps).toEqual(expect.arrayContaining(['BatchedNms', 'InceptionConv2D', 'RoiAlign']));
  });

  it('convolves', async () => {
    const y = tf.tidy(() =>
      tf.conv2d(tf.ones([1, 5, 5, 2]) as tf.Tensor4D, tf.ones([3, 3, 2, 1]) as tf.Tensor4D, 1, 'same'),
    );
    expect((await y.data())[12]).toBe(18);
    y.dispose();
  });

  it.skipIf(installed === undefined || !hasStreamHeader(installed.library))(
    'has kernels for the GPU, of which it tells the names without one',
    () => {
      expect(loadedNative()!.ops.gpuKernels()).toEqual([
        'IcconvAdamUpdate',
        'IcconvAggregateKeypointMaps',
        'IcconvBatchNorm',
        'IcconvBatchNormGrad',
        'IcconvBoxCandidates',
        'IcconvConvFinish',
        'IcconvCropMasks',
        'IcconvDilationSums',
        'IcconvGlobalNorm',
        'IcconvGroupKeypoints',
        'IcconvImageBatch',
        'IcconvInceptionConv2D',
        'IcconvInceptionConv2DGradFilter',
        'IcconvInceptionConv2DGradInput',
        'IcconvInceptionConv2DPack',
        'IcconvInceptionConv2DPacked',
        'IcconvLinearCombination',
        'IcconvNms',
        'IcconvPasteMasks',
        'IcconvRoiAlign',
        'IcconvRoiAlignGrad',
        'IcconvSgdUpdate',
      ]);
    },
  );

  it('lowers the SIMD level on demand and never above what the processor has', () => {
    const { ops } = loadedNative()!;
    const detected = ops.simdLevel();
    expect(ops.setSimdLevel('scalar')).toBe('scalar');
    expect(ops.setSimdLevel('amx')).toBe(detected);
    expect(() => ops.setSimdLevel('mmx' as never)).toThrow(/scalar, avx2, avx512 or amx/);
  });

  it('keeps the threads of its start, and says so', async () => {
    await expect(useEngine({ device: 'cpu', threads: 1 })).rejects.toThrow(/already runs .* threads: 2/);
  });

  it('keeps how it takes memory of a GPU, and says so', async () => {
    await expect(useEngine({ device: 'cpu', gpuMemory: 'grow' })).rejects.toThrow(/already runs .* gpuMemory: "all"/);
    expect(await useEngine({ device: 'cpu', gpuMemory: 'all' })).toMatchObject({ device: 'cpu' });
  });

  // Without a GPU nothing shows more of it than that TensorFlow is told before it starts.
  it('tells TensorFlow to take memory of a GPU as it is needed', () => {
    const script = `
      import { useEngine } from '@icconv/tensor-ops/engine';
      await useEngine({ device: 'cpu', gpuMemory: 'grow' });
      console.log(process.env.TF_FORCE_GPU_ALLOW_GROWTH);`;
    expect(runScript(script).stdout).toBe('true\n');
  });

  // What TensorFlow is given, and that it makes the device with it: native/cuda/emulation/device.
  it('starts with a limit on the memory of a GPU, and with a precision, from the environment too', () => {
    const script = `
      import { engineInfo, loadedNative, useEngine } from '@icconv/tensor-ops/engine';
      process.env.ICCONV_GPU_MEMORY = '2048';
      process.env.ICCONV_GPU_PRECISION = 'bfloat16';
      const { backend } = await useEngine({ device: 'cpu' });
      const again = await useEngine({ device: 'cpu', gpuMemory: 4096 }).catch(({ message }) => message.split('\\n')[1]);
      console.log(backend, loadedNative().ops.gpuPrecision(), process.env.ICCONV_GPU_LIMIT, again);`;
    expect(runScript(script).stdout).toBe(
      'tensorflow bfloat16 undefined   - native cpu: TensorFlow already runs in this process with gpuMemory: 2048, which cannot change to 4096\n',
    );
  });

  it('takes the precision that TensorFlow takes on a GPU, and another on demand', async () => {
    const { ops } = loadedNative()!;
    expect(ops.gpuPrecision()).toBe('tf32');
    for (const gpuPrecision of ['float16', 'bfloat16', 'float32', 'tf32'] as const) {
      const info = await useEngine({ device: 'cpu', gpuPrecision });
      expect(ops.gpuPrecision()).toBe(gpuPrecision);
      expect(info.precision).toBe('float32');
    }
    await useEngine({ device: 'cpu' });
    expect(ops.gpuPrecision()).toBe('tf32');
    expect(() => ops.setGpuPrecision('fp16' as never)).toThrow(/float32, tf32, float16 or bfloat16/);
    await expect(useEngine({ device: 'cpu', gpuPrecision: 'fp16' as never })).rejects.toThrow(/gpuPrecision must be/);
  });

  it('starts without a word, and leaves standard error as it was', () => {
    const script = `
      import { useEngine } from '@icconv/tensor-ops/engine';
      console.log((await useEngine({ device: 'cpu' })).backend);
      console.error('still heard');`;
    const result = runScript(script);
    expect(result.stdout).toBe('tensorflow\n');
    expect(result.stderr).toBe('still heard\n');
  });
});
