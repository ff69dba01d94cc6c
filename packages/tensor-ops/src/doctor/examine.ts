/** What a machine has, what is missing, and the command that mends it. */
import { arch, cpus, platform, totalmem } from 'node:os';
import { EngineUnavailableError } from '../engine/engine-error';
import type { EngineInfo } from '../engine/engine-info';
import { loadedNative } from '../engine/load-native';
import { useEngine } from '../engine/use-engine';
import { folderBytes } from '../files/cache-files';
import { cacheRoot } from '../files/cache-root';
import { hasNvidiaDriver, nvidiaDriverVersion } from '../installed/nvidia-driver';
import { findTfjsNode, TFJS_NODE, TFJS_NODE_REMEDY, TFJS_NODE_VERSION } from '../installed/tfjs-node';
import { findCompiler } from '../setup/compile';
import { cudaVersions } from '../setup/wheels';
import { measureConvolution } from './measure';

/** What one examination gives; none of them throws. */
export interface Finding {
  readonly subject: string;
  readonly state: 'ok' | 'warning' | 'error';
  readonly detail: string;
  readonly remedy?: string;
}

const OLDEST_NODE = 20;

/** Looks at Node, the machine, compiler, engine, GPU and cache, and times a convolution. Starts the native engine where it can. */
export async function examineMachine(): Promise<Finding[]> {
  const findings = [node(), machine(), await compiler(), tfjsNode()];
  const engine = await startEngine();
  findings.push(engine.finding, gpu(engine.info), await cache());
  if (engine.info !== undefined) findings.push(await convolution());
  return findings;
}

function node(): Finding {
  const subject = 'Node';
  const detail = process.version;
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return { subject, state: 'ok', detail };
  return { subject, state: 'error', detail, remedy: `install Node ${OLDEST_NODE} or newer` };
}

function machine(): Finding {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB`;
  return {
    subject: 'machine',
    state: 'ok',
    detail: `${platform()}-${arch()}, ${cpus().length} cores, ${memory}, ${model}`,
  };
}

async function compiler(): Promise<Finding> {
  const found = await findCompiler();
  const subject = 'compiler';
  if (found !== undefined) return { subject, state: 'ok', detail: found.version };
  const remedy = 'apt-get install g++   (needed where the set-up compiles, not at run time)';
  return { subject, state: 'warning', detail: 'no g++ or clang++ on the PATH', remedy };
}

function tfjsNode(): Finding {
  const subject = 'tfjs-node-gpu';
  const found = findTfjsNode();
  if (found === undefined) {
    return { subject, state: 'error', detail: `${TFJS_NODE} is not installed`, remedy: 'pnpm install' };
  }
  if (found.version !== TFJS_NODE_VERSION) {
    const detail = `the project has ${found.version}, needed is ${TFJS_NODE_VERSION}`;
    return { subject, state: 'error', detail, remedy: TFJS_NODE_REMEDY };
  }
  const whose = found.origin === 'project' ? "the project's own" : 'of @icconv/tensor-ops';
  return { subject, state: 'ok', detail: `${found.version}, ${whose}` };
}

async function startEngine(): Promise<{ finding: Finding; info?: EngineInfo }> {
  const subject = 'engine';
  try {
    const info = await startNative();
    const built = loadedNative()!;
    const detail = `TensorFlow ${info.version} (${built.installed.variant}), ${info.threads} threads, ${info.simd}, built by ${built.ops.compiler()}`;
    return { finding: { subject, state: 'ok', detail }, info };
  } catch (error) {
    if (!EngineUnavailableError.isInstance(error)) throw error;
    const { reason, remedy } = error.attempts[0]!;
    return { finding: { subject, state: 'error', detail: reason, remedy } };
  }
}

/** A wasm engine would hide that the native one is missing, so the native ones are asked for by name. */
async function startNative(): Promise<EngineInfo> {
  if (hasNvidiaDriver()) {
    try {
      return await useEngine({ device: 'cuda' });
    } catch (error) {
      if (!EngineUnavailableError.isInstance(error)) throw error;
    }
  }
  return useEngine({ device: 'cpu' });
}

function gpu(info: EngineInfo | undefined): Finding {
  const subject = 'GPU';
  const cudaLibrary = loadedNative()?.installed.variant === 'cuda';
  const { cuda, cudnn } = cudaVersions();
  const libraries = `CUDA ${cuda}, cuDNN ${cudnn}`;
  const driver = `driver ${nvidiaDriverVersion() ?? 'of unknown version'}`;
  if (!hasNvidiaDriver()) {
    const detail = `no NVIDIA driver: ${cudaLibrary ? `the CUDA library (${libraries}) runs` : 'kernels run'} on the CPU`;
    return { subject, state: 'ok', detail };
  }
  if (!cudaLibrary) {
    const detail = `an NVIDIA ${driver} is here, but the CPU library is installed`;
    return { subject, state: 'warning', detail, remedy: 'icconv setup --device cuda' };
  }
  if (info?.device !== 'cuda') {
    const detail = `an NVIDIA ${driver} is here, but TensorFlow finds no usable GPU (${libraries})`;
    return { subject, state: 'warning', detail, remedy: 'nvidia-smi   (CUDA 12 needs driver 525 or newer)' };
  }
  return { subject, state: 'ok', detail: `${info.devices.join(', ')}; ${driver}, ${libraries}` };
}

async function cache(): Promise<Finding> {
  const folder = cacheRoot();
  const megabytes = (await folderBytes(folder)) / 1e6;
  return { subject: 'cache', state: 'ok', detail: `${folder}, ${megabytes.toFixed(0)} MB` };
}

async function convolution(): Promise<Finding> {
  const { gflops, milliseconds } = await measureConvolution();
  const detail = `3x3, 128 channels, 100x152: ${milliseconds.toFixed(1)} ms, ${gflops.toFixed(0)} GFLOP/s`;
  return { subject: 'convolution', state: 'ok', detail };
}
