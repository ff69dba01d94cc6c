import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';

/** `native` is TensorFlow's runtime, `wasm` and `js` the portable backends. */
export type Backend = 'native' | 'wasm' | 'js';

/**
 * Runs the same tests on every backend and checks after each test that no tensor is left over.
 *
 * @param activate - makes the backend current; returns a reason when this machine lacks it. A missing backend is a visible skip,
 *   and a failure where the environment variable `ICCONV_REQUIRE_BACKENDS` (comma-separated) names it, as in CI.
 */
export function describeBackends(
  name: string,
  activate: (backend: Backend) => Promise<string | undefined>,
  body: (backend: Backend) => void,
  backends: readonly Backend[] = ['native', 'wasm', 'js'],
): void {
  for (const backend of backends) {
    describe(`${name} [${backend}]`, () => {
      let missing: string | undefined;
      let tensors = 0;
      beforeAll(async () => {
        missing = await activate(backend);
        const required = process.env.ICCONV_REQUIRE_BACKENDS?.split(',') ?? [];
        if (missing !== undefined && required.includes(backend)) throw new Error(missing);
      });
      beforeEach((context) => {
        if (missing !== undefined) context.skip(missing);
        tensors = tf.memory().numTensors;
      });
      afterEach(() => {
        if (missing === undefined) expect(tf.memory().numTensors, 'tensors left over').toBe(tensors);
      });
      body(backend);
    });
  }
}
