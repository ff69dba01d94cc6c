/** torchvision, onnxruntime and OpenVINO in a Python process; see tooling/bench/detection/peer.py. */
import { writeFileSync } from 'node:fs';
import type { DilationPattern } from '@icconv/inception-conv';
import { inceptionCounts, inceptionLayers, type ResNetConfig, type StateDict } from '@icconv/models';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import { type Peer, startPeer } from '../../../tooling/bench/peer.mjs';
import { gpuPython, pythonEnv } from '../../../tooling/bench/python-env.mjs';
import type { FasterRcnnConfig } from '../src/index';
import { toTorchOrder } from '../src/weights/flatten-order';

const ENGINES = ['onnxruntime', 'openvino', 'torchvision'] as const;
export type PeerEngine = (typeof ENGINES)[number];

export interface PeerDetections {
  readonly boxes: readonly (readonly number[])[];
  readonly scores: readonly number[];
  /** Class numbers from 1. */
  readonly labels: readonly number[];
  /** Probabilities within the boxes, [D, 1, M, M]. */
  readonly masks?: readonly number[][][][];
}

export class Peers {
  private constructor(
    private readonly peer: Peer,
    readonly versions: Readonly<Record<string, string>>,
  ) {}

  /** Those that run on the device. */
  get engines(): PeerEngine[] {
    return ENGINES.filter((engine) => engine in this.versions);
  }

  /** Undefined, with the reason on standard error, where Python or the packages are absent. */
  static async start(threads: number, device: 'cpu' | 'cuda'): Promise<Peers | undefined> {
    const folder = new URL('../../../tooling/bench/detection/', import.meta.url);
    const requirements = new URL('requirements.txt', folder);
    const modules = ['numpy', 'onnx', 'onnxruntime', 'torch', 'torchvision'];
    const python =
      device === 'cuda' ? gpuPython({ modules }) : await pythonEnv({ requirements, modules: [...modules, 'openvino'] });
    if (python === undefined) return undefined;
    const peer = startPeer(python, new URL('peer.py', folder), [String(threads), device]);
    return new Peers(peer, await peer.ask<Record<string, string>>({ do: 'version' }));
  }

  /** Hands a detector over, as a checkpoint with one tensor a branch. @param trains - whether steps are asked for. */
  async model(
    name: string,
    weights: StateDict,
    config: FasterRcnnConfig,
    trains: boolean,
    pattern?: DilationPattern,
  ): Promise<void> {
    const counts = inceptionCounts(config.backbone);
    const named = Object.fromEntries(Object.entries(counts).map(([layer, list]) => [`backbone.body.${layer}`, list]));
    const branches = pattern === undefined ? {} : branchesOf(config.backbone, counts, pattern);
    const kind = config.mask !== undefined ? 'mask' : config.roi.cascade !== undefined ? 'cascade' : 'faster';
    await this.peer.hand({ do: 'model', name, kind, trains, branches }, 'weights.pth', (file) =>
      saveStateDict(toTorchOrder(weights, config), file, { inceptionCounts: named }),
    );
  }

  async input(pixels: Uint8Array, shape: readonly number[]): Promise<void> {
    await this.peer.hand({ do: 'input', shape }, 'input', (file) => writeFileSync(file, pixels));
  }

  /** Milliseconds of a detection. @param paste - with masks pasted into the picture. */
  async detect(engine: PeerEngine, model: string, repeat: number, paste = false): Promise<number> {
    return (await this.peer.ask<{ ms: number }>({ do: 'detect', engine, model, repeat, paste })).ms;
  }

  /** What is detected, masks relative to their boxes. */
  answer(engine: PeerEngine, model: string): Promise<PeerDetections> {
    return this.peer.ask({ do: 'answer', engine, model, paste: false });
  }

  /** Milliseconds of a training step; labels from 1. */
  async step(
    model: string,
    size: number,
    boxes: readonly number[][],
    labels: readonly number[],
    repeat: number,
  ): Promise<number> {
    return (await this.peer.ask<{ ms: number }>({ do: 'step', model, size, boxes, labels, repeat })).ms;
  }

  stop(): void {
    this.peer.stop();
  }
}

/** dH, dW and channels of each branch, by layer. */
function branchesOf(
  backbone: ResNetConfig,
  counts: Readonly<Record<string, readonly number[]>>,
  pattern: DilationPattern,
) {
  const entries = inceptionLayers(backbone).map(({ name }, layer) => {
    let channel = 0;
    const rows = counts[name]!.map((count) => {
      const [height, width] = pattern.layers[layer]!.dilations[channel]!;
      channel += count;
      return [height, width, count];
    });
    return [name, rows] as const;
  });
  return Object.fromEntries(entries);
}
