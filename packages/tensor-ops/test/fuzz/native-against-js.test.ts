/**
 * Native calls against the same in JavaScript: equal numbers, or the same typed error, and never the end of the process.
 *
 * `ICCONV_FUZZ_SECONDS` says how long, `ICCONV_FUZZ_SEED` where to begin; a failure names the seed of its call.
 */
import { FUZZ_SEED, fuzzSeconds } from '@icconv/test-utils';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { VisionError } from '../../src';
import { activate } from '../support/activate';
import { type Call, randomCall } from './calls';

const seconds = fuzzSeconds(10);
const firstSeed = FUZZ_SEED;

let missing: string | undefined;
beforeAll(async () => {
  await activate('js');
  missing = await activate('native');
});

type Outcome = { readonly error: string } | { readonly shapes: string; readonly results: Float32Array[] };

async function outcome(call: Call, backend: string): Promise<Outcome> {
  await tf.setBackend(backend);
  tf.engine().startScope();
  try {
    const tensors = call.run();
    const results = tensors.map((tensor) => Float32Array.from(tensor.dataSync()));
    return { shapes: tensors.map(({ shape }) => `[${shape}]`).join(' '), results };
  } catch (error) {
    // An error of another kind is a failure of its own.
    return { error: VisionError.isInstance(error) ? error.code : `untyped: ${(error as Error).stack}` };
  } finally {
    tf.engine().endScope();
  }
}

/** What is wrong, if anything. */
function difference(call: Call, native: Outcome, js: Outcome): string | undefined {
  if ('error' in native || 'error' in js) {
    const [one, other] = [native, js].map((o) => ('error' in o ? o.error : `results ${o.shapes}`));
    return one === other && !one!.startsWith('untyped') ? undefined : `native: ${one}\njs: ${other}`;
  }
  if (native.shapes !== js.shapes) return `native: ${native.shapes}, js: ${js.shapes}`;
  if (call.agreement === 'shape') return undefined;
  for (const [i, expected] of js.results.entries()) {
    const largest = expected.reduce(
      (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
      1,
    );
    const received = native.results[i]!;
    for (let at = 0; at < expected.length; at++) {
      const [a, b] = [received[at]!, expected[at]!];
      const same = Object.is(a, b) || a === b || Math.abs(a - b) <= call.tolerance * largest;
      if (!same) return `result ${i} at ${at}: native ${a}, js ${b}`;
    }
  }
  return undefined;
}

test('native calls give what JavaScript gives, or fail alike', { timeout: (seconds + 60) * 1000 }, async (context) => {
  if (missing !== undefined) context.skip(missing);
  const end = Date.now() + seconds * 1000;
  const failures: string[] = [];
  let seed = firstSeed;
  const tensors = tf.memory().numTensors;
  for (; Date.now() < end && failures.length < Number(process.env.ICCONV_FUZZ_FAILURES ?? 1); seed++) {
    // The runner's messages want a turn of the event loop in a run of hours.
    if (seed % 100 === 0) await new Promise(setImmediate);
    const call = randomCall(seed);
    const wrong = difference(call, await outcome(call, 'tensorflow'), await outcome(call, 'cpu'));
    if (wrong !== undefined) failures.push(`ICCONV_FUZZ_SEED=${seed} ${call.what}\n${wrong}`);
  }
  expect(failures.join('\n\n'), `after ${seed - firstSeed} calls`).toBe('');
  expect(tf.memory().numTensors, 'tensors left over').toBe(tensors);
});
