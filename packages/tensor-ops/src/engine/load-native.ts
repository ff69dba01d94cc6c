/**
 * Loads TensorFlow's native runtime into this process: tfjs-node-gpu with the binding that the set-up compiled, then our
 * operators, which register themselves with the same runtime.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { findBackend } from '@tensorflow/tfjs-core';
import { SetupError } from '../errors/setup-error';
import { BINDING_FILE, OPS_FILE, QUIET_FILE } from '../installed/build-key';
import { type InstalledEngine, readInstalled } from '../installed/installed-engine';
import { hasNvidiaDriver } from '../installed/nvidia-driver';
import {
  bindingFolder,
  bundleFile,
  findTfjsNode,
  TFJS_NODE,
  TFJS_NODE_REMEDY,
  TFJS_NODE_VERSION,
  type TfjsNode,
} from '../installed/tfjs-node';
import { type FunctionRegister, setFunctionRegister } from '../kernel/functions';
import { hasGpuKernel, setGpuKernels } from '../kernel/gpu-kernels';
import { attr } from '../kernel/native-backend';
import { setBfloat16Check } from '../kernel/precision';
import { gpuNetwork } from '../ops/conv-program/network-function';
import { setNetworkMaker } from '../ops/conv-program/networks';
import type { EngineAttempt } from './engine-error';
import { type GpuMemory, type GpuOptions, type GpuPrecision, gpuOptionsOf } from './gpu-options';
import { type GuardedBackend, guardMemory } from './guard-memory';
import { watchDevice } from './watch-device';

/** The module `icconv_ops.node`; see native/binding/module.cc. */
export interface NativeOps extends Partial<FunctionRegister> {
  /** Functions are those of this binding, which is loaded. False, or absent, in an engine that was set up before there were any. */
  openBinding?(file: string): boolean;
  simdLevel(): SimdLevel;
  setSimdLevel(level: SimdLevel): SimdLevel;
  /** Whether products may be of bfloat16 at the level in force. Absent in an engine that was set up before there was it. */
  bfloat16?(): boolean;
  compiler(): string;
  /** Whether the system would give so many bytes, and a reserve for what TensorFlow does not ask for in a way that can fail. */
  obtainable(bytes: number): boolean;
  /**
   * Decodes a JPEG on a thread of libuv by the decoder in TensorFlow's library, which takes less than half of sharp's processor time and gives
   * the same pixels. Undefined where the result would not be plain RGB, and for damage, about which sharp says more. The bytes must stay as
   * they are meanwhile. Absent in an engine that was set up before there was it.
   */
  decodeJpeg?(bytes: Uint8Array, maxPixels: number, wantsSums: boolean): Promise<DecodedJpeg | undefined>;
  /** TensorFlow's physical devices, such as `CPU:0`. */
  devices(): string[];
  /** Of the products of convolutions on a GPU. */
  gpuPrecision(): GpuPrecision;
  /** For all that runs from now on, TensorFlow's convolutions and matrix products too, which know no halves. */
  setGpuPrecision(precision: GpuPrecision): GpuPrecision;
  /** The first GPU by its driver; null where TensorFlow runs on none. */
  gpuDevice(): GpuDevice | null;
  /** Ops of ours that the runtime has a kernel for the GPU of, whether or not there is one. */
  gpuKernels(): string[];
}

/** What bounds the speed of a GPU: its multiprocessors and their highest clock, its memory's highest clock and bus. */
export interface GpuDevice {
  readonly name: string;
  /** 86 for compute capability 8.6. */
  readonly architecture: number;
  readonly multiprocessors: number;
  readonly clockKhz: number;
  readonly memoryClockKhz: number;
  readonly busBits: number;
}

export interface DecodedJpeg {
  /** [height, width, 3] */
  readonly data: Uint8Array<ArrayBuffer>;
  readonly height: number;
  readonly width: number;
  /** Of red, green and blue over all pixels, if asked for. */
  readonly sums?: readonly [number, number, number];
}

/** The module `icconv_quiet.node`; see native/quiet/quiet.cc. */
interface QuietModule {
  silence(): void;
  restore(): void;
}

export type SimdLevel = 'scalar' | 'avx2' | 'avx512' | 'amx';

export interface LoadedNative {
  readonly ops: NativeOps;
  readonly installed: InstalledEngine;
  /** True when TensorFlow sees a GPU. */
  readonly gpu: boolean;
}

export interface LoadNativeOptions extends GpuOptions {
  readonly hideGpu: boolean;
  readonly threads: number | undefined;
  readonly verbose: boolean;
  readonly cluster?: ClusterPlace | undefined;
}

/** Which worker of which cluster this process is; see src/collectives. */
export interface ClusterPlace {
  readonly workers: readonly string[];
  readonly index: number;
}

const SETUP_REMEDY = 'npx icconv setup   (in a checkout of this project: pnpm run setup)';

/** TensorFlow starts once in a process and keeps the settings of its start. */
let loaded: (LoadedNative & { readonly options: LoadNativeOptions; readonly gpuMemory: GpuMemory }) | undefined;

export function loadedNative(): LoadedNative | undefined {
  return loaded;
}

/** Threads that TensorFlow was started with; undefined for its own choice. */
export function startedThreads(): number | undefined {
  return loaded?.options.threads;
}

/** Loads the runtime, or says why not. */
export async function loadNative(options: LoadNativeOptions): Promise<LoadedNative | Omit<EngineAttempt, 'engine'>> {
  if (loaded !== undefined) {
    if (options.threads !== undefined && options.threads !== loaded.options.threads) {
      return {
        reason: `TensorFlow already runs in this process with threads: ${loaded.options.threads ?? 'auto'}, which cannot change to ${options.threads}`,
        remedy: 'name the number of threads in the first call of useEngine',
      };
    }
    const { gpuMemory } = loaded;
    if (options.gpuMemory !== undefined && options.gpuMemory !== gpuMemory) {
      return {
        reason: `TensorFlow already runs in this process with gpuMemory: ${JSON.stringify(gpuMemory)}, which cannot change to ${JSON.stringify(options.gpuMemory)}`,
        remedy: 'name gpuMemory in the first call of useEngine',
      };
    }
    if (options.hideGpu && loaded.gpu) {
      return {
        reason: 'TensorFlow already runs on the GPU in this process',
        remedy: 'call useEngine({ device: "cpu" }) before any other engine call',
      };
    }
    if (options.cluster !== undefined) {
      return {
        reason: 'TensorFlow already runs in this process, outside the cluster or in another',
        remedy: 'call joinCluster once, before useEngine and whatever else starts TensorFlow',
      };
    }
    if (options.gpuPrecision !== undefined) loaded.ops.setGpuPrecision(options.gpuPrecision);
    return loaded;
  }
  const fromEnvironment = gpuOptionsOf(process.env);
  const { gpuMemory = fromEnvironment.gpuMemory, gpuPrecision = fromEnvironment.gpuPrecision } = options;
  const found = await findInstalled();
  if ('reason' in found) return found;
  const { tfjsNode, installed } = found;
  // Read by TensorFlow at its start, so they are set before it is loaded.
  if (options.hideGpu) process.env.CUDA_VISIBLE_DEVICES = '-1';
  if (options.threads !== undefined) {
    process.env.TF_NUM_INTRAOP_THREADS = String(options.threads);
    process.env.TF_NUM_INTEROP_THREADS = '1';
  }
  if (typeof gpuMemory === 'string') process.env.TF_FORCE_GPU_ALLOW_GROWTH = String(gpuMemory === 'grow');
  if (!options.verbose) {
    // Without a driver the CUDA build reports its absence as errors; useEngine says the same in one line.
    process.env.TF_CPP_MIN_LOG_LEVEL ??= hasNvidiaDriver() ? '2' : '3';
  }
  restoreUtilFunctions();
  const require = createRequire(join(tfjsNode.folder, 'package.json'));
  enterCluster(options.cluster);
  limitGpuMemory(gpuMemory);
  const quiet = options.verbose ? undefined : (require(join(installed.folder, QUIET_FILE)) as QuietModule);
  try {
    quiet?.silence();
    if (tfjsNode.origin === 'project') require(tfjsNode.folder);
    else {
      const { startBackend } = require(bundleFile(tfjsNode.folder)) as typeof import('./tfjs-node-bundle');
      startBackend(join(installed.folder, BINDING_FILE));
    }
    const ops = require(join(installed.folder, OPS_FILE)) as NativeOps;
    // Copies of tfjs-core share one engine, so the backend is found even where tfjs-node has a copy of its own.
    const backend = findBackend('tensorflow') as unknown as GuardedBackend & { readonly isUsingGpuDevice?: boolean };
    guardMemory(backend, ops.obtainable);
    runFirstOp(backend);
    setGpuKernels(ops.gpuKernels());
    if (ops.openBinding?.(join(installed.folder, BINDING_FILE)) === true) {
      setFunctionRegister(ops as FunctionRegister);
      setNetworkMaker(gpuNetwork);
    }
    setBfloat16Check(() => {
      if (backend.isUsingGpuDevice === true)
        return 'on a GPU gpuPrecision of useEngine says of what numbers products are made';
      return ops.bfloat16?.()
        ? undefined
        : 'this processor has not, or the compiler that made the engine did not know it';
    });
    if (backend.isUsingGpuDevice === true) watchDevice(backend, hasGpuKernel, warnOfCpu);
    if (gpuPrecision !== undefined) ops.setGpuPrecision(gpuPrecision);
    loaded = { ops, installed, gpu: backend.isUsingGpuDevice === true, options, gpuMemory: gpuMemory ?? 'all' };
    return loaded;
  } catch (error) {
    return {
      reason: `the native runtime does not load: ${(error as Error).message.split('\n')[0]}`,
      remedy: SETUP_REMEDY,
    };
  } finally {
    quiet?.restore();
    enterCluster(undefined);
    limitGpuMemory(undefined);
  }
}

/** For native/cluster/context_hook.cc, while TensorFlow starts. */
function limitGpuMemory(gpuMemory: GpuMemory | undefined): void {
  if (typeof gpuMemory === 'number') process.env.ICCONV_GPU_LIMIT = String(gpuMemory);
  else delete process.env.ICCONV_GPU_LIMIT;
}

/** For native/cluster/context_hook.cc, while TensorFlow starts: a child process must not take itself for this worker. */
function enterCluster(cluster: ClusterPlace | undefined): void {
  delete process.env.ICCONV_CLUSTER;
  delete process.env.ICCONV_CLUSTER_INDEX;
  if (cluster === undefined) return;
  process.env.ICCONV_CLUSTER = cluster.workers.join();
  process.env.ICCONV_CLUSTER_INDEX = String(cluster.index);
}

const warnOfCpu = (message: string) =>
  process.emitWarning(message, { type: 'IcconvWarning', code: 'ICCONV_CPU_KERNEL' });

/** The engine that is set up, or why there is none. */
async function findInstalled(): Promise<
  { readonly tfjsNode: TfjsNode; readonly installed: InstalledEngine } | Omit<EngineAttempt, 'engine'>
> {
  const tfjsNode = findTfjsNode();
  if (tfjsNode === undefined) return { reason: `${TFJS_NODE} is not installed`, remedy: 'pnpm install' };
  if (tfjsNode.version !== TFJS_NODE_VERSION) {
    const reason = `the project has ${TFJS_NODE} ${tfjsNode.version} (${tfjsNode.folder}), needed is ${TFJS_NODE_VERSION}`;
    return { reason, remedy: TFJS_NODE_REMEDY };
  }
  try {
    const installed = await readInstalled(tfjsNode);
    if (installed !== undefined) return { tfjsNode, installed };
  } catch (error) {
    if (!SetupError.isInstance(error)) throw error;
    return { reason: error.reason, remedy: error.remedy };
  }
  const foreign = tfjsNode.origin === 'project' && existsSync(join(bindingFolder(tfjsNode), BINDING_FILE));
  const reason = foreign
    ? 'the native runtime was installed by another tool, or only in part'
    : 'the native runtime is not set up';
  return { reason, remedy: SETUP_REMEDY };
}

/** TensorFlow's first op builds its register of ops: tens of megabytes, which are better missed at the start than in some later call. */
function runFirstOp({ binding }: GuardedBackend): void {
  const one = binding.createTensor([], attr.float32().value as number, Float32Array.of(1));
  const [norm] = binding.executeOp('IcconvGlobalNorm', [attr.int('N', 1)], [one], 1);
  for (const id of [one, norm!.id]) binding.deleteTensor(id);
}

/**
 * tfjs-node 4.22.0 calls `util.isNullOrUndefined` and `util.isArray`: Node 22 warns of them at every start, Node 23 removed them
 * (tensorflow/tfjs issue 8609). See docs/decisions/node-23.md.
 */
function restoreUtilFunctions(): void {
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  });
}
