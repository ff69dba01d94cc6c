import { describe, expect, it } from 'vitest';
import { checkGpuOptions, gpuOptionsOf } from './gpu-options';

describe('what the engine is told of a GPU', () => {
  it('may come from the environment', () => {
    expect(gpuOptionsOf({})).toEqual({ gpuMemory: undefined, gpuPrecision: undefined });
    expect(gpuOptionsOf({ ICCONV_GPU_MEMORY: '', ICCONV_GPU_PRECISION: '' })).toEqual(gpuOptionsOf({}));
    expect(gpuOptionsOf({ ICCONV_GPU_MEMORY: '2048', ICCONV_GPU_PRECISION: 'bfloat16' })).toEqual({
      gpuMemory: 2048,
      gpuPrecision: 'bfloat16',
    });
    expect(gpuOptionsOf({ ICCONV_GPU_MEMORY: 'grow' }).gpuMemory).toBe('grow');
  });

  it.each(['0', 'half', '2 GB', '-1', '99999999999'])('is refused with its variable: %s', (value) => {
    expect(() => gpuOptionsOf({ ICCONV_GPU_MEMORY: value })).toThrow(
      /^useEngine: ICCONV_GPU_MEMORY must be "all", "grow" or a whole number of MiB, received /,
    );
    expect(() => gpuOptionsOf({ ICCONV_GPU_PRECISION: value })).toThrow(
      /^useEngine: ICCONV_GPU_PRECISION must be one of float32, tf32, float16, bfloat16, received /,
    );
  });

  it('is refused with its option', () => {
    expect(() => checkGpuOptions({ gpuMemory: 1.5 })).toThrow(
      'useEngine: gpuMemory must be "all", "grow" or a whole number of MiB, received 1.5',
    );
    expect(() => checkGpuOptions({ gpuPrecision: 'fp16' as never })).toThrow('gpuPrecision must be one of float32');
    checkGpuOptions({ gpuMemory: 512, gpuPrecision: 'tf32' });
    checkGpuOptions({});
  });
});
