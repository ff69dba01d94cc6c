/** torchvision's operators in a Python process; see tooling/bench/torchvision/peer.py. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Peer, startPeer } from '../../../tooling/bench/peer.mjs';
import { pythonEnv } from '../../../tooling/bench/python-env.mjs';

type Data = Float32Array | Int32Array;

export class TorchvisionPeer {
  private readonly folder = mkdtempSync(join(tmpdir(), 'icconv-bench-'));

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
    const file = join(this.folder, name);
    writeFileSync(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    await this.peer.ask({ do: 'load', name, file, shape, dtype: data instanceof Float32Array ? 'float32' : 'int32' });
    rmSync(file);
  }

  /** Milliseconds of one run on average, measured in the peer. */
  async time(request: object, repeat: number): Promise<number> {
    return (await this.peer.ask<{ ms: number }>({ ...request, do: 'run', out: null, repeat })).ms;
  }

  /** The result of one run. */
  async result(request: object): Promise<Uint8Array<ArrayBuffer>> {
    const out = join(this.folder, 'result');
    await this.peer.ask({ ...request, do: 'run', out, repeat: 1 });
    const bytes = new Uint8Array(readFileSync(out));
    rmSync(out);
    return bytes;
  }

  stop(): void {
    this.peer.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
