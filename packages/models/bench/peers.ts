/** torch, onnxruntime and OpenVINO in a Python process; see tooling/bench/models/peer.py. */
import { writeFileSync } from 'node:fs';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type Peer, startPeer } from '../../../tooling/bench/peer.mjs';
import { pythonEnv } from '../../../tooling/bench/python-env.mjs';
import { inceptionCounts, type ResNetConfig, type StateDict } from '../src/index';
import { planConvs } from '../src/network/plan';
import { resolveResNet } from '../src/network/resolve';

export const ENGINES = ['onnxruntime', 'openvino', 'torch'] as const;
/** Those that can compute in a precision; where the name says none it is float32. */
export const ENGINES_OF = { float32: ENGINES, bfloat16: ['openvino-bfloat16'] } as const;
export type PeerEngine = (typeof ENGINES_OF)[keyof typeof ENGINES_OF][number];

export class Peers {
  private constructor(
    readonly peer: Peer,
    readonly versions: Readonly<Record<PeerEngine, string>>,
  ) {}

  /** Undefined, with the reason on standard error, where Python or the packages are absent. */
  static async start(threads: number, topic: 'models' | 'pose' = 'models'): Promise<Peers | undefined> {
    const folder = new URL(`../../../tooling/bench/${topic}/`, import.meta.url);
    const requirements = new URL('requirements.txt', folder);
    const python = await pythonEnv({
      requirements,
      modules: ['numpy', 'onnx', 'onnxruntime', 'openvino', 'torch', 'torchvision'],
    });
    if (python === undefined) return undefined;
    const peer = startPeer(python, new URL('peer.py', folder), [String(threads)]);
    return new Peers(peer, await peer.ask<Record<PeerEngine, string>>({ do: 'version' }));
  }

  /** Hands a network over, as a checkpoint with one tensor a branch. @param prefix - of the ResNet's names in a larger network */
  async model(name: string, weights: Readonly<StateDict>, config: ResNetConfig, prefix = ''): Promise<void> {
    const counts = inceptionCounts(config);
    const prefixed = Object.fromEntries(Object.entries(counts).map(([layer, list]) => [prefix + layer, list]));
    const request = { do: 'model', name, branches: branchesOf(config, counts), depth: config.depth };
    await this.peer.hand(request, 'weights.pth', (file) => saveStateDict(weights, file, { inceptionCounts: prefixed }));
  }

  async input(x: Tensor4D): Promise<void> {
    const values = (await x.data()) as Float32Array;
    await this.peer.hand({ do: 'input', shape: x.shape }, 'input', (file) => writeFileSync(file, values));
  }

  /** Milliseconds of one run on average, measured in the peer. */
  async time(engine: PeerEngine, model: string, repeat: number): Promise<number> {
    return (await this.peer.ask<{ ms: number }>({ do: 'run', engine, model, repeat, out: null })).ms;
  }

  async result(engine: PeerEngine, model: string): Promise<Float32Array> {
    return new Float32Array((await this.peer.fetch({ do: 'run', engine, model, repeat: 1 })).buffer);
  }

  stop(): void {
    this.peer.stop();
  }
}

/** dH, dW and channels of each branch, by layer. */
function branchesOf(config: ResNetConfig, counts: Readonly<Record<string, readonly number[]>>) {
  const specs = planConvs(resolveResNet(config)).filter(({ dilations }) => dilations !== undefined);
  const branches = specs.map(({ name, dilations }) => {
    let channel = 0;
    const rows = counts[name]!.map((count) => {
      const [height, width] = dilations![channel]!;
      channel += count;
      return [height, width, count];
    });
    return [name, rows] as const;
  });
  return Object.fromEntries(branches);
}
