/** Chooses and starts the engine of this process. Order: CUDA, native CPU, wasm. */
import * as tf from '@tensorflow/tfjs-core';
import { registerKernels } from '../ops/register-kernels';
import { type EngineAttempt, EngineUnavailableError } from './engine-error';
import { type EngineInfo, engineInfo } from './engine-info';
import { checkGpuOptions, type GpuMemory, type GpuPrecision } from './gpu-options';
import { type ClusterPlace, loadNative } from './load-native';

/** Where tensors live and kernels run. */
export type EngineDevice = 'auto' | 'cuda' | 'cpu' | 'wasm';

export interface EngineOptions {
  /** `auto` takes the first that runs of CUDA, native CPU, wasm; the others take just what they name or fail. @defaultValue `'auto'` */
  readonly device?: EngineDevice;
  /** Threads of TensorFlow's CPU kernels, at least 1; one process keeps its first choice. @defaultValue one a core */
  readonly threads?: number;
  /**
   * Of a GPU: `'all'` takes almost all of its memory at the start, as TensorFlow does; `'grow'` takes what tensors need, and leaves the rest to
   * other processes; a number takes so many MiB, and never more. One process keeps its first choice.
   * @defaultValue `ICCONV_GPU_MEMORY` of the environment, else `'all'`
   */
  readonly gpuMemory?: GpuMemory;
  /**
   * Products of convolutions on a GPU of compute capability 8.0 or more, whose sums are float32: `'tf32'` has 10 bits of mantissa, as TensorFlow
   * chooses by itself, there and for its matrix products; `'float32'` has 23; `'float16'` and `'bfloat16'` are for the inception layers of
   * compiled networks, where everything else takes `'tf32'`. It may change from call to call.
   * @defaultValue what is in force, at the start `ICCONV_GPU_PRECISION` of the environment, else `'tf32'`
   */
  readonly gpuPrecision?: GpuPrecision;
  /** Let TensorFlow print its log. @defaultValue `false` */
  readonly verbose?: boolean;
  /** Receives the one line about a fall-back. @defaultValue `process.emitWarning` with code `ICCONV_FALLBACK` */
  readonly onWarning?: (message: string) => void;
}

const warned = new Set<string>();

/**
 * Starts an engine, makes its backend TensorFlow.js' current one, and registers this project's kernels for it.
 *
 * A fall-back is never silent: it is told once, with the reason and the remedy.
 *
 * @throws {@link EngineUnavailableError} when nothing that `device` allows can run, {@link InvalidArgumentError}
 * @example
 * ```ts
 * import { useEngine } from '@icconv/tensor-ops/engine';
 *
 * const engine = await useEngine();
 * console.log(engine.device); // 'cpu'
 * ```
 */
export async function useEngine(
  options: EngineOptions & { /** Of `joinCluster`. */ readonly cluster?: ClusterPlace } = {},
): Promise<EngineInfo> {
  const {
    device = 'auto',
    threads,
    gpuMemory,
    gpuPrecision,
    verbose = false,
    onWarning = emitWarning,
    cluster,
  } = options;
  checkGpuOptions(options);
  const attempts: EngineAttempt[] = [];

  if (device !== 'wasm') {
    const native = await loadNative({ hideGpu: device === 'cpu', threads, gpuMemory, gpuPrecision, verbose, cluster });
    if ('reason' in native) {
      attempts.push({ engine: device === 'cuda' ? 'cuda' : 'native cpu', ...native });
    } else {
      const cudaLibrary = native.installed.variant === 'cuda';
      if (device === 'cuda' && !native.gpu) {
        attempts.push({
          engine: 'cuda',
          reason: cudaLibrary ? 'TensorFlow finds no usable NVIDIA GPU' : 'the CPU library of TensorFlow is installed',
          remedy: cudaLibrary
            ? 'check the driver with nvidia-smi (CUDA 12 needs driver 525 or newer), or take device: "cpu"'
            : 'npx icconv setup --device cuda',
        });
      } else {
        if (device === 'auto' && cudaLibrary && !native.gpu) {
          warnOnce(
            onWarning,
            'the CUDA engine runs on the CPU: TensorFlow finds no usable NVIDIA GPU (check nvidia-smi)',
          );
        }
        await activate('tensorflow');
        return engineInfo();
      }
    }
  }
  if (device === 'auto' || device === 'wasm') {
    const failure = await loadWasm();
    if (failure === undefined) {
      const [native] = attempts;
      if (native !== undefined) {
        warnOnce(onWarning, `running on wasm, several times slower: ${native.reason}; remedy: ${native.remedy}`);
      }
      await activate('wasm');
      return engineInfo();
    }
    attempts.push(failure);
  }
  throw new EngineUnavailableError(device, attempts);
}

async function activate(backend: 'tensorflow' | 'wasm'): Promise<void> {
  registerKernels();
  if (!(await tf.setBackend(backend)))
    throw new Error(`internal: backend ${backend} was registered but does not start`);
  await tf.ready();
}

async function loadWasm(): Promise<EngineAttempt | undefined> {
  try {
    await import('@tensorflow/tfjs-backend-wasm');
    return undefined;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    return {
      engine: 'wasm',
      reason: missing ? '@tensorflow/tfjs-backend-wasm is not installed' : (error as Error).message,
      remedy: `npm install @tensorflow/tfjs-backend-wasm@${tf.version_core}`,
    };
  }
}

function warnOnce(onWarning: (message: string) => void, message: string): void {
  if (warned.has(message)) return;
  warned.add(message);
  onWarning(message);
}

function emitWarning(message: string): void {
  process.emitWarning(message, { type: 'IcconvWarning', code: 'ICCONV_FALLBACK' });
}
