import { readdirSync } from 'node:fs';
import { loadFixture } from '@icconv/test-utils';
import { describe, expect, it } from 'vitest';
import { openWeights } from '../../src/weights';
import { fixture } from './helpers';

const expected = loadFixture(fixture('expected.safetensors'));
const files = readdirSync(fixture('')).filter((file) =>
  /^(network|half|bfloat16|dtypes|views|training|mm)\./.test(file),
);

describe('files written by torch and safetensors', () => {
  it.each(files)('%s gives the values that were saved', async (name) => {
    const topic = name.split('.')[0]!;
    const file = await openWeights(fixture(name));
    let compared = 0;
    for (const [key, { shape, data }] of Object.entries(expected)) {
      if (!key.startsWith(`${topic}/`)) continue;
      const tensor = key.slice(topic.length + 1);
      // Inside an object of a training framework, which is kept closed.
      if (tensor === 'message_hub.log_scalars.loss._log_history') continue;
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

  it('reads a file that another tool has compressed', async () => {
    const file = await openWeights(fixture('deflated.pth'));
    const { data } = expected['network/conv1.weight']!;
    expect([...(await file.read('conv1.weight'))]).toEqual([...(data as Float64Array)]);
    await file.close();
  });

  it('reads pickle protocol 5 and a tensor without a dictionary', async () => {
    const protocol5 = await openWeights(fixture('protocol5.pth'));
    expect([...(await protocol5.read('weight'))]).toEqual([1, 1]);
    expect(protocol5.metadata.get('protocol')).toBe(5);
    await protocol5.close();
    const bare = await openWeights(fixture('bare-tensor.pt'));
    expect([...(await bare.read('tensor'))]).toEqual([0, 1, 2]);
    await bare.close();
  });

  it('tells dtype, size and shared storage', async () => {
    const file = await openWeights(fixture('views.pth'));
    const entry = (name: string) => file.entries.get(name)!;
    expect(entry('base')).toMatchObject({ dtype: 'float32', bytes: 192, path: ['base'] });
    expect(entry('half_block')).toMatchObject({ dtype: 'float16', bytes: 24 });
    expect(entry('row').storage).toBe(entry('base').storage);
    expect(entry('transposed').storage).not.toBe(entry('base').storage);
    await file.close();
  });

  it('keeps plain values and frameworks’ records as data', async () => {
    const training = await openWeights(fixture('training.pth'));
    expect(training.metadata.get('epoch')).toBe(12);
    expect(training.metadata.get('numpy_scalar')).toBe(1.5);
    expect(training.metadata.get('args.name')).toBe('ic-resnet50');
    expect([...(await training.read('numpy_array'))]).toEqual([0, 1, 2, 3, 4, 5]);
    await training.close();
    const mm = await openWeights(fixture('mm.pth'));
    expect(mm.metadata.get('meta.CLASSES.1')).toBe('bicycle');
    expect(mm.skipped.get('message_hub.log_scalars.loss')!.reason).toContain(
      'mmengine.logging.history_buffer.HistoryBuffer',
    );
    await mm.close();
  });

  it('reads every element type as the natural one, and refuses to lose numbers', async () => {
    const file = await openWeights(fixture('dtypes.pth'));
    expect(await file.read('bfloat16')).toBeInstanceOf(Float32Array);
    expect(await file.read('int64')).toBeInstanceOf(Int32Array);
    expect([...(await file.read('signed'))]).toEqual([-(2 ** 31), 2 ** 31 - 1, -1]);
    expect([...(await file.read('bool'))]).toEqual([1, 0, 1]);
    await expect(file.read('float32', { dtype: 'int32' })).rejects.toThrow(
      'dtype of float32 must be one that holds float32 without loss, received "int32"',
    );
    await expect(file.read('nothing')).rejects.toThrow('one of the 13 tensors');
    await file.close();
  });

  it('reads in another order of dimensions', async () => {
    const file = await openWeights(fixture('network.pth'));
    const [plain, moved] = [
      await file.read('conv1.weight'),
      await file.read('conv1.weight', { permute: [2, 3, 1, 0] }),
    ];
    for (let o = 0; o < 4; o++) {
      for (let i = 0; i < 3; i++) {
        for (let p = 0; p < 9; p++) expect(moved[(p * 3 + i) * 4 + o]).toBe(plain[(o * 3 + i) * 9 + p]);
      }
    }
    await expect(file.read('conv1.weight', { permute: [0, 1, 2, 2] })).rejects.toThrow('permute');
    await file.close();
  });

  it('reads a file in memory', async () => {
    const { readFile } = await import('node:fs/promises');
    const file = await openWeights(await readFile(fixture('network.legacy.pth')));
    expect(file.format).toBe('pytorch-legacy');
    expect(file.entries.size).toBe(12);
    await file.close();
  });
});
