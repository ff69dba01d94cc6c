import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { VisionError } from '../../src/errors';
import { openWeights } from '../../src/weights';
import { fixture, randomNumbers } from './helpers';

const ROUNDS = 150;
const SEED = 20201225;

/** Opens a file and reads all of it; an error must be one of ours. */
async function readAll(bytes: Uint8Array): Promise<'read' | 'refused'> {
  try {
    const file = await openWeights(bytes);
    let failed = false;
    for (const name of file.entries.keys()) {
      await file.readRaw(name).catch((error: unknown) => {
        if (!VisionError.isInstance(error)) throw error;
        failed = true;
      });
    }
    await file.close();
    return failed ? 'refused' : 'read';
  } catch (error) {
    if (!VisionError.isInstance(error)) throw error;
    return 'refused';
  }
}

/** One kind of damage each round: flipped bytes, a block of noise, a block cut out, a short end, a doubled block. */
function damage(original: Uint8Array, round: number, random: () => number): Uint8Array {
  const at = Math.floor(random() * original.length);
  const length = 1 + Math.floor(random() * 64);
  const bytes = new Uint8Array(original);
  switch (round % 5) {
    case 0:
      for (let i = 0; i < 1 + round / 10; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      return bytes;
    case 1:
      for (let i = at; i < Math.min(at + length, bytes.length); i++) bytes[i] = Math.floor(random() * 256);
      return bytes;
    case 2:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + length)]);
    case 3:
      return bytes.subarray(0, at);
    default:
      return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at, at + length), ...bytes.subarray(at)]);
  }
}

describe('damaged files', () => {
  it.each(['training.pth', 'deflated.pth', 'mm.pth', 'training.legacy.pth', 'views.legacy.pth', 'dtypes.safetensors'])(
    `${ROUNDS} random corruptions of %s give one of our errors or plain data, never a crash or a hang`,
    async (name) => {
      const original = new Uint8Array(readFileSync(fixture(name)));
      expect(await readAll(original)).toBe('read');
      const random = randomNumbers(SEED);
      const results = { read: 0, refused: 0 };
      const started = performance.now();
      for (let round = 0; round < ROUNDS; round++) results[await readAll(damage(original, round, random))]++;
      expect(results.read + results.refused).toBe(ROUNDS);
      // Damage is noticed wherever it touches structure rather than numbers.
      expect(results.refused).toBeGreaterThan(ROUNDS / 4);
      // A round takes about a millisecond; this is there to catch work that grows without bound.
      expect(performance.now() - started).toBeLessThan(30_000);
    },
  );
});
