/** The module `icconv_collectives.node`, see native/cluster/collectives.cc, on TensorFlow.js' tensors. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { loadedNative } from '../engine/load-native';
import { BINDING_FILE, COLLECTIVES_FILE } from '../installed/build-key';

/** What one collective operation has besides its tensors; the same on all workers but for `source`. */
export interface CollectiveCall {
  readonly size: number;
  readonly group: number;
  /** Never used before in this cluster. */
  readonly instance: number;
  /** Seconds. */
  readonly timeout: number;
  /** Name of the device to compute on, or nothing for that of the tensors. */
  readonly cpu: string;
  readonly source: boolean;
}

type Operation = 'allReduceMean' | 'broadcast' | 'gather';

type Module = Readonly<Record<Operation, (ids: readonly number[], call: CollectiveCall) => Promise<number[]>>> & {
  gatherNow(ids: readonly number[], call: CollectiveCall): number[];
  open(bindingFile: string): void;
  checkPeer(index: number, limitMs: number): Promise<unknown>;
  watch(indices: readonly number[], everyMs: number, limitMs: number): void;
  unwatch(): void;
  lost(): readonly [index: number, message: string] | undefined;
  abort(message: string): void;
  endWithParent(pid: number): boolean;
};

/** What is used of tfjs-node's backend: its own names for tensors. */
interface TensorIds {
  getInputTensorIds(tensors: readonly Tensor[]): number[];
  createOutputTensor(tensor: {
    readonly id: number;
    readonly shape: readonly number[];
    readonly dtype: number;
  }): Tensor;
}

// Values of TF_DataType in tensorflow/c/tf_datatype.h.
const TYPES: Readonly<Record<string, number>> = { float32: 1, int32: 3 };

export interface NativeCollectives
  extends Pick<Module, 'checkPeer' | 'watch' | 'unwatch' | 'lost' | 'abort' | 'endWithParent'> {
  /** Whether it can move tensors of this type. */
  moves(dtype: string): boolean;
  /** @param shapes - of the results, which have the types of `tensors` and are the caller's. */
  run<T extends Tensor>(
    operation: Operation,
    tensors: readonly T[],
    shapes: readonly (readonly number[])[],
    call: CollectiveCall,
  ): Promise<T[]>;
  /** A gathering for which JavaScript waits. */
  gatherNow<T extends Tensor>(tensor: T, shape: readonly number[], call: CollectiveCall): T;
}

/** @throws Error with TensorFlow's words where this process could not enter its cluster. */
export function openCollectives(): NativeCollectives {
  const { folder } = loadedNative()!.installed;
  const require = createRequire(join(folder, COLLECTIVES_FILE));
  const module = require(join(folder, COLLECTIVES_FILE)) as Module;
  module.open(join(folder, BINDING_FILE));
  const backend = tf.findBackend('tensorflow') as unknown as TensorIds;
  const made = (id: number, shape: readonly number[], { dtype }: Tensor) =>
    backend.createOutputTensor({ id, shape, dtype: TYPES[dtype]! });
  return {
    ...module,
    moves: (dtype) => dtype in TYPES,
    async run<T extends Tensor>(
      operation: Operation,
      tensors: readonly T[],
      shapes: readonly (readonly number[])[],
      call: CollectiveCall,
    ) {
      const ids = await module[operation](backend.getInputTensorIds(tensors), call);
      return ids.map((id, i) => made(id, shapes[i]!, tensors[i]!) as T);
    },
    gatherNow<T extends Tensor>(tensor: T, shape: readonly number[], call: CollectiveCall) {
      const [id] = module.gatherNow(backend.getInputTensorIds([tensor]), call);
      return made(id!, shape, tensor) as T;
    },
  };
}
