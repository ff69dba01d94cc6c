/** torchvision's operators in a Python process; see tooling/bench/torchvision/peer.py. */
import { writeFileSync } from 'node:fs';
import { type Peer, startPeer } from '../../../tooling/bench/peer.mjs';
import { pythonEnv } from '../../../tooling/bench/python-env.mjs';

type Data = Float32Array | Int32Array;

export class TorchvisionPeer {
  private constructor(
    private readonly peer: Peer,
    readonly version: string,
  ) {}

  /** Undefined, with the reason on standard error, where Python or the packages are absent. */
  static async start(threads: number): Promise<TorchvisionPeer | undefined> {
    const folder = new URL('../../../tooling/bench/torchvision/', import.meta.url);
    const requirements = new URL('requirements.txt', folder);
    const python = await pythonEnv({ requirements, modules: ['numpy', 'torch', 'torchvision'] });
    if (python === undefined) return undefined;
    const peer = startPeer(python, new URL('peer.py', folder), [String(threads)]);
    const { torchvision } = await peer.ask<{ torchvision: string }>({ do: 'version' });
    return new TorchvisionPeer(peer, torchvision);
  }

  async load(name: string, data: Data, shape: readonly number[]): Promise<void> {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await this.peer.hand(
      { do: 'load', name, shape, dtype: data instanceof Float32Array ? 'float32' : 'int32' },
      name,
      (file) => writeFileSync(file, bytes),
    );
  }

  /** Milliseconds of one run on average, measured in the peer. */
  async time(request: object, repeat: number): Promise<number> {
    return (await this.peer.ask<{ ms: number }>({ ...request, do: 'run', out: null, repeat })).ms;
  }

  /** The result of one run. */
  async result(request: object): Promise<Uint8Array<ArrayBuffer>> {
    return this.peer.fetch({ ...request, do: 'run', repeat: 1 });
  }

  stop(): void {
    this.peer.stop();
  }
}
