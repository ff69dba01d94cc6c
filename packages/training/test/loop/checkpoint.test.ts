import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VisionError } from '@icconv/tensor-ops';
import { saveStateDict } from '@icconv/tensor-ops/weights';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CheckpointError } from '../../src';
import { loadCheckpoint, saveCheckpoint } from '../../src/node';
import { activate } from '../support/activate';

const folder = mkdtempSync(join(tmpdir(), 'icconv-checkpoint-'));
const path = join(folder, 'last.safetensors');
const STATE = {
  step: 12,
  position: { epoch: 1, batch: 3 },
  seed: 7,
  optimizer: { kind: 'sgd', steps: 12 },
  best: { metric: 'AP', value: 0.3, epoch: 0 },
  settings: { learningRate: 0.1 },
  epochLog: { sums: { loss: 3 }, count: 2 },
};

beforeAll(async () => {
  await activate('js');
  const one = { weight: tf.ones([2]) };
  await saveCheckpoint(path, STATE, { model: one, buffers: { 'momentum.weight': tf.zeros([2]) }, ema: {} });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A file whose header holds `text` as the state. */
async function withState(text: string): Promise<string> {
  const file = join(folder, 'changed.safetensors');
  const weight = tf.ones([2]);
  await saveStateDict({ 'model.weight': weight }, file, {
    layout: 'tensorflow',
    metadata: { 'icconv.training': text },
  });
  weight.dispose();
  return file;
}

async function failure(file: string): Promise<Error> {
  return loadCheckpoint(file).then(
    () => {
      throw new Error('expected a failure');
    },
    (error: Error) => error,
  );
}

describe('the state of a checkpoint', () => {
  it('comes back as it was', async () => {
    const { model, buffers, ema, ...state } = await loadCheckpoint(path);
    expect(state).toEqual(STATE);
    expect(Object.keys({ ...model, ...buffers, ...ema })).toEqual(['weight', 'momentum.weight']);
    tf.dispose([model, buffers]);
  });

  it.each<[string, (state: Record<string, unknown>) => unknown, string]>([
    ['a key by another name', ({ optimizer, ...rest }) => ({ ...rest, optimizdr: optimizer }), 'optimizer'],
    ['a number that is text', (state) => ({ ...state, step: '12' }), 'step'],
    ['a negative count', (state) => ({ ...state, position: { epoch: -1, batch: 0 } }), 'position.epoch'],
    ['an unknown key', (state) => ({ ...state, more: 1 }), 'Unrecognized key'],
    ['no version', ({ version: _, ...rest }) => rest, 'it has no version'],
    ['null', () => null, 'it is no object'],
    ['a list', () => [], 'it has no version'],
  ])('with %s is refused, and no tensor stays', async (_, change, message) => {
    const before = tf.memory().numTensors;
    const error = await failure(await withState(JSON.stringify(change({ version: 1, ...STATE }))));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toContain('its training state is damaged');
    expect(error.message).toContain(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('of another version is refused', async () => {
    const error = await failure(await withState(JSON.stringify({ ...STATE, version: 2 })));
    expect(error.message).toContain('is of version 2; this package reads 1');
  });

  it.each([
    ['no JSON', '{"version":1,"seed"{7}'],
    ['brackets without end', '['.repeat(900_000)],
    ['more than any state takes', JSON.stringify({ version: 1, settings: { a: 'x'.repeat(2 ** 20) } })],
  ])('that is %s is refused', async (_, text) => {
    const error = await failure(await withState(text));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message.length).toBeLessThan(1000);
  });

  it('a log that was not a number is read as such', async () => {
    const state = { version: 1, ...STATE, epochLog: { sums: { loss: Number.NaN }, count: 1 } };
    const { model, epochLog } = await loadCheckpoint(await withState(JSON.stringify(state)));
    expect(epochLog.sums.loss).toBeNaN();
    tf.dispose(model);
  });

  it('any flipped byte of a file gives an error of ours or a checkpoint', async () => {
    const bytes = readFileSync(path);
    const file = join(folder, 'flipped.safetensors');
    const outcomes = { read: 0, refused: 0 };
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 8);
      writeFileSync(file, changed);
      try {
        const { model, buffers, ema } = await loadCheckpoint(file);
        tf.dispose([model, buffers, ema]);
        outcomes.read++;
      } catch (error) {
        if (!VisionError.isInstance(error)) throw error;
        outcomes.refused++;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(bytes.length / 4);
  });
});
