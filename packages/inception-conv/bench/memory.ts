/** Peak memory of one call, in a process of its own: a process that has run before holds memory that a call may reuse unseen. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inceptionConv2dPacked, packInceptionFilter } from '@icconv/tensor-ops';
import { useEngine } from '@icconv/tensor-ops/engine';
import * as tf from '@tensorflow/tfjs-core';
import { inputs } from './forward';
import { type BenchLayer, benchNetworks } from './networks';

export interface MemoryResult {
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** Peak of the call beyond what the process held before, without the output; undefined where Linux' counters are absent. */
  readonly extraBytes: number | undefined;
}

/** Measures in a child process. */
export function benchMemory(layer: BenchLayer): MemoryResult {
  const script = fileURLToPath(import.meta.url);
  const args = [...process.execArgv, script, layer.network, String(layer.index)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as MemoryResult;
}

/** Resident memory and its peak, from /proc, in bytes. */
function resident(field: 'VmRSS' | 'VmHWM'): number {
  const line = readFileSync('/proc/self/status', 'utf8')
    .split('\n')
    .find((line) => line.startsWith(field));
  return Number(line?.match(/\d+/)?.[0]) * 1024;
}

async function measure(network: string, index: number): Promise<MemoryResult> {
  await useEngine({ device: 'cpu', threads: 2 });
  const layer = benchNetworks().find(({ name }) => name === network)!.layers[index]!;
  const [x, filter] = inputs(layer);
  const packed = packInceptionFilter(filter, { dilations: layer.dilations });
  // A small call first: threads, libraries and the kernel's code are not the call's own memory.
  const small = inputs({ ...layer, height: Math.min(layer.height, 16), width: Math.min(layer.width, 16) })[0];
  inceptionConv2dPacked(small, packed, { strides: layer.stride }).dispose();
  // The first use of a tensor copies it into TensorFlow's memory.
  tf.max(x).dispose();
  const inputBytes = x.size * 4;
  if (!existsSync('/proc/self/clear_refs')) return { inputBytes, outputBytes: inputBytes, extraBytes: undefined };
  // Value 5 resets the peak to the present; proc(5).
  writeFileSync('/proc/self/clear_refs', '5');
  const before = resident('VmRSS');
  const y = inceptionConv2dPacked(x, packed, { strides: layer.stride });
  const outputBytes = y.size * 4;
  return { inputBytes, outputBytes, extraBytes: Math.max(0, resident('VmHWM') - before - outputBytes) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  console.log(JSON.stringify(await measure(process.argv[2]!, Number(process.argv[3]))));
}
