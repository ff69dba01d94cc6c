import type { WritableTensor } from '../../src/weights';

const TENSORS = 12;
const LENGTH = 20_000;

/** Tensors that all hold one number. */
export function numberedTensors(run: number): WritableTensor[] {
  return Array.from({ length: TENSORS }, (_, i) => ({
    name: `layer${i}.weight`,
    shape: [LENGTH],
    dtype: 'float32' as const,
    read: async () => new Uint8Array(new Float32Array(LENGTH).fill(run).buffer),
  }));
}
