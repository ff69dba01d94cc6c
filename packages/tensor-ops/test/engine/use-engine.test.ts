/** The choice of the engine, with the native runtime present or absent as each test needs. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const absent = { reason: 'the native runtime is not set up', remedy: 'npx icconv setup' };
const loadNative = vi.fn();
vi.mock('../../src/engine/load-native', async (original) => ({ ...(await original<object>()), loadNative }));

describe('useEngine', () => {
  let useEngine: typeof import('../../src/engine').useEngine;
  beforeEach(async () => {
    vi.resetModules();
    loadNative.mockReset();
    ({ useEngine } = await import('../../src/engine'));
  });
  afterEach(() => void vi.restoreAllMocks());
  // Other files of this process are to find the real one.
  afterAll(() => void vi.resetModules());

  it('falls back to wasm with one warning that carries reason and remedy', async () => {
    loadNative.mockResolvedValue(absent);
    const onWarning = vi.fn();
    const engine = await useEngine({ onWarning });
    await useEngine({ onWarning });
    expect(engine).toMatchObject({ device: 'wasm', backend: 'wasm', simd: undefined });
    expect(onWarning).toHaveBeenCalledTimes(1);
    expect(onWarning.mock.calls[0]![0]).toMatch(/wasm.*not set up.*npx icconv setup/);
    expect(await tf.add(1, 2).data()).toEqual(new Float32Array([3]));
  });

  it('wasm by name neither warns nor looks for the native runtime', async () => {
    const onWarning = vi.fn();
    await useEngine({ device: 'wasm', onWarning });
    expect(onWarning).not.toHaveBeenCalled();
    expect(loadNative).not.toHaveBeenCalled();
  });

  it('cpu by name does not fall back: it says what is missing', async () => {
    loadNative.mockResolvedValue(absent);
    const failure = await useEngine({ device: 'cpu' }).catch((error) => error);
    expect(failure.code).toBe('ICCONV_ENGINE_UNAVAILABLE');
    expect(failure.attempts).toEqual([{ engine: 'native cpu', ...absent }]);
    expect(failure.message).toContain('remedy: npx icconv setup');
  });

  it('cuda without a GPU says whether library or device is missing', async () => {
    const loaded = (variant: string) => ({ ops: {}, installed: { variant }, gpu: false });
    loadNative.mockResolvedValue(loaded('cpu'));
    await expect(useEngine({ device: 'cuda' })).rejects.toThrow(/CPU library[\s\S]*--device cuda/);
    loadNative.mockResolvedValue(loaded('cuda'));
    await expect(useEngine({ device: 'cuda' })).rejects.toThrow(/no usable NVIDIA GPU[\s\S]*nvidia-smi/);
  });
});
