/**
 * Checkpoints: one safetensors file with weights (`model.`), optimizer buffers (`optimizer.`) and averages (`ema.`) in TensorFlow's
 * layouts, and the rest as JSON in its header. Written under another name and renamed, so that a crash leaves the older one.
 */
import { openWeights, saveStateDict } from '@icconv/tensor-ops/weights';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { CheckpointError } from '../errors';
import type { DataPosition } from '../loader/types';
import type { StateDict } from '../optimizers/types';

/** What is no tensor. */
export interface CheckpointState {
  /** Optimizer updates done. */
  readonly step: number;
  /** The next batch. */
  readonly position: DataPosition;
  readonly seed: number;
  readonly optimizer: { readonly kind: string; readonly steps: number };
  readonly emaUpdates?: number;
  readonly best?: { readonly metric: string; readonly value: number; readonly epoch: number };
  /** Workers of the cluster that trained. @defaultValue `1` */
  readonly workers?: number;
  /** That the run took, where time ends it. */
  readonly seconds?: number;
  /** Those of the run and the seconds that they took in all, where time ends it. */
  readonly evaluations?: { readonly count: number; readonly seconds: number };
  /** What the run was begun with. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Sums of the running epoch's logs, so that its row is that of an unbroken run. */
  readonly epochLog: { readonly sums: Readonly<Record<string, number>>; readonly count: number };
}

export interface Checkpoint extends CheckpointState {
  readonly model: StateDict;
  readonly buffers: StateDict;
  readonly ema: StateDict;
}

const STATE_KEY = 'icconv.training';
/** Changes when the meaning of the state changes. */
const VERSION = 1;

export async function saveCheckpoint(
  path: string,
  state: CheckpointState,
  tensors: {
    readonly model: Readonly<StateDict>;
    readonly buffers: Readonly<StateDict>;
    readonly ema: Readonly<StateDict>;
  },
): Promise<void> {
  const named = (prefix: string, group: Readonly<StateDict>) =>
    Object.entries(group).map(([name, tensor]) => [`${prefix}.${name}`, tensor] as const);
  const all = Object.fromEntries([
    ...named('model', tensors.model),
    ...named('optimizer', tensors.buffers),
    ...named('ema', tensors.ema),
  ]);
  const metadata = { [STATE_KEY]: JSON.stringify({ version: VERSION, ...state }) };
  await saveStateDict(all, path, { format: 'safetensors', layout: 'tensorflow', metadata });
}

/** What is no tensor, from the file's header. @throws as {@link loadCheckpoint} */
export async function readCheckpointState(path: string): Promise<CheckpointState> {
  const file = await openWeights(path);
  try {
    return stateOf(file.metadata.get(STATE_KEY), path);
  } finally {
    await file.close();
  }
}

const count = z.int().min(0);
// JSON has no NaN and writes null.
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);

const stateSchema = z.strictObject({
  step: count,
  position: z.strictObject({ epoch: count, batch: count }),
  seed: z.number(),
  optimizer: z.strictObject({ kind: z.string(), steps: count }),
  emaUpdates: count.optional(),
  best: z.strictObject({ metric: z.string(), value: measured, epoch: count }).optional(),
  workers: z.int().min(1).optional(),
  seconds: z.number().min(0).optional(),
  evaluations: z.strictObject({ count, seconds: z.number().min(0) }).optional(),
  settings: z.record(z.string(), z.unknown()).optional(),
  epochLog: z.strictObject({ sums: z.record(z.string(), measured), count }),
});

/** The state of a run takes some hundred bytes, its settings some thousand. */
const MAX_STATE_LENGTH = 1024 * 1024;

function stateOf(text: unknown, path: string): CheckpointState {
  if (typeof text !== 'string') throw new CheckpointError(path, 'holds weights, but no training state');
  const damaged = (problem: string, cause?: unknown): never => {
    throw new CheckpointError(path, `its training state is damaged: ${problem}; resume from another checkpoint`, {
      cause,
    });
  };
  if (text.length > MAX_STATE_LENGTH) damaged(`it has ${text.length} characters, at most ${MAX_STATE_LENGTH} are read`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return damaged((error as Error).message.slice(0, 200), error);
  }
  if (typeof value !== 'object' || value === null) return damaged('it is no object');
  const { version, ...rest } = value as Record<string, unknown>;
  if (typeof version !== 'number') return damaged('it has no version');
  if (version !== VERSION) throw new CheckpointError(path, `is of version ${version}; this package reads ${VERSION}`);
  const result = stateSchema.safeParse(rest);
  if (!result.success) {
    const [issue] = result.error.issues;
    return damaged(`${issue!.path.join('.') || 'state'}: ${issue!.message}`.slice(0, 300), result.error);
  }
  return result.data as CheckpointState;
}

/** @throws {@link CheckpointError} when the file is no checkpoint, WeightFormatError when it is damaged. The caller owns the tensors. */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const file = await openWeights(path);
  const groups = new Map<string, [string, Tensor][]>([
    ['model', []],
    ['optimizer', []],
    ['ema', []],
  ]);
  try {
    const state = stateOf(file.metadata.get(STATE_KEY), path);
    for (const [name, { shape }] of file.entries) {
      const dot = name.indexOf('.');
      const group = groups.get(name.slice(0, dot));
      if (group === undefined) continue;
      const data = await file.read(name);
      const dtype = data instanceof Int32Array ? 'int32' : data instanceof Uint8Array ? 'bool' : 'float32';
      group.push([name.slice(dot + 1), tf.tensor(data as Float32Array | Int32Array | Uint8Array, [...shape], dtype)]);
    }
    // Not by assignment: a damaged name may be one that objects have themselves.
    const record = (group: string): StateDict => Object.fromEntries(groups.get(group)!);
    return { ...state, model: record('model'), buffers: record('optimizer'), ema: record('ema') };
  } catch (error) {
    tf.dispose([...groups.values()].flat(2).filter((value) => typeof value !== 'string'));
    throw error;
  } finally {
    await file.close();
  }
}

/** Puts a checkpoint's model into the record that is trained. @throws {@link CheckpointError} when names or shapes differ. */
export function replaceWeights(path: string, weights: StateDict, model: Readonly<StateDict>): void {
  const problem = (names: string[], what: string) => {
    if (names.length > 0) throw new CheckpointError(path, `${what}: ${names.slice(0, 5).join(', ')}`);
  };
  const shape = (tensor: Tensor) => tensor.shape.join();
  problem(
    Object.keys(weights).filter((name) => model[name] === undefined),
    'lacks weights of the model',
  );
  problem(
    Object.keys(model).filter((name) => weights[name] === undefined),
    'has weights that the model has not',
  );
  problem(
    Object.keys(model).filter((name) => shape(weights[name]!) !== shape(model[name]!)),
    'has weights of other shapes',
  );
  for (const [name, tensor] of Object.entries(model)) {
    weights[name]!.dispose();
    weights[name] = tensor;
  }
}
