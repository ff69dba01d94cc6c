/** torch's convolutions on a GPU in a Python process; see tooling/bench/cuda/peer.py. */
import { writeFileSync } from 'node:fs';
import { type Peer, startPeer } from '../../../tooling/bench/peer.mjs';
import type { GpuPrecision } from '../src/engine';

export interface TorchConvolution {
  /** Of each output channel; null for a plain convolution. */
  readonly dilations: readonly (readonly [number, number])[] | null;
  readonly gradients: boolean;
  readonly precision: GpuPrecision;
}

export class TorchGpuPeer {
  private constructor(
    private readonly peer: Peer,
    readonly versions: Readonly<Record<string, unknown>>,
  ) {}

  /** @param device - as torch names it, `cuda` or, for a look at whether all goes well, `cpu`. */
  static async start(python: string, device: string): Promise<TorchGpuPeer> {
    const peer = startPeer(python, new URL('../../../tooling/bench/cuda/peer.py', import.meta.url), [device]);
    return new TorchGpuPeer(peer, await peer.ask({ do: 'version' }));
  }

  /** @param name - `x` [N, H, W, C] or `filter` [K, K, C, O]. */
  async load(name: 'x' | 'filter', data: Float32Array, shape: readonly number[]): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await this.peer.hand({ do: 'load', name, shape }, name, (file) => writeFileSync(file, bytes));
  }

  /** Milliseconds of one run on average. */
  async time(convolution: TorchConvolution, repeat: number): Promise<number> {
    return (await this.peer.ask<{ ms: number }>({ ...convolution, do: 'run', out: null, repeat })).ms;
  }

  /** The map of one run, [N, H, W, O]. */
  async result(convolution: TorchConvolution): Promise<Float32Array> {
    return new Float32Array((await this.peer.fetch({ ...convolution, do: 'run', repeat: 1 })).buffer);
  }

  stop(): void {
    this.peer.stop();
  }
}
