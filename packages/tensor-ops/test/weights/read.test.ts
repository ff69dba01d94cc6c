import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadFixture } from '@icconv/test-utils';
import { describe, expect, it } from 'vitest';
import { openWeights } from '../../src/weights';

const fixtures = fileURLToPath(new URL('./fixtures/', import.meta.url));
const expected = loadFixture(`${fixtures}expected.safetensors`);

const files = readdirSync(fixtures).filter((file) => /^(network|half|bfloat16|dtypes|views|training|mm)\./.test(file));

describe('files written by torch and safetensors', () => {
  it.each(files)('%s gives the values that were saved', async (name) => {
    const topic = name.split('.')[0]!;
    const file = await openWeights(`${fixtures}${name}`);
    const wanted = Object.entries(expected).filter(([key]) => key.startsWith(`${topic}/`));
    let compared = 0;
    for (const [key, { shape, data }] of wanted) {
      const tensor = key.slice(topic.length + 1);
      // The legacy format has no uint16 and uint32.
      if (name === 'dtypes.legacy.pth' && /^uint(16|32)$/.test(tensor)) continue;
      expect(file.entries.get(tensor)?.shape, tensor).toEqual(shape);
      expect([...(await file.read(tensor, { dtype: 'float64' }))], tensor).toEqual([...(data as Float64Array)]);
      compared++;
    }
    expect(file.entries.size).toBe(compared);
    expect(compared).toBeGreaterThan(8);
    await file.close();
  });
});
