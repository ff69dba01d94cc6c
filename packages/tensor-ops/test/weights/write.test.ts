import { readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { writeAtomically } from '@icconv/base/files';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  openWeights,
  WEIGHT_LIMITS,
  type WeightDtype,
  type WritableTensor,
  writePytorch,
  writeSafetensors,
} from '../../src/weights';
import { openFile } from '../../src/weights/file-source';
import { crc32, crc32ByTable } from '../../src/weights/pytorch/crc32';
import { readZip } from '../../src/weights/pytorch/zip-archive';
import { ZipWriter } from '../../src/weights/pytorch/zip-writer';
import { failure, temporaryFolder } from './helpers';

const folder = temporaryFolder();
const SIZES = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
};

const tensors = fc
  .uniqueArray(
    fc.record({
      name: fc.oneof(
        fc.stringMatching(/^[a-z0-9_]{1,8}(\.[a-z0-9]{1,4}){0,2}$/),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 9 }),
      ),
      shape: fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
      dtype: fc.constantFrom(...(Object.keys(SIZES) as (keyof typeof SIZES)[])),
      seed: fc.nat({ max: 255 }),
    }),
    { selector: ({ name }) => name, maxLength: 8 },
  )
  .map((list) =>
    list
      .filter(({ name }) => name !== '__metadata__')
      .map(({ name, shape, dtype, seed }) => {
        const length = shape.reduce((product, n) => product * n, 1) * SIZES[dtype];
        return tensor(
          name,
          dtype,
          shape,
          Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 255),
        );
      }),
  );

function tensor(name: string, dtype: WeightDtype, shape: number[], bytes: Uint8Array) {
  return { name, dtype, shape, bytes, read: async () => bytes };
}

async function expectSame(path: string, written: readonly (WritableTensor & { bytes: Uint8Array })[], prefix = '') {
  const file = await openWeights(path);
  expect([...file.entries.keys()].sort()).toEqual(written.map(({ name }) => prefix + name).sort());
  for (const { name, shape, dtype, bytes } of written) {
    expect(file.entries.get(prefix + name)).toMatchObject({ shape, dtype });
    expect(await file.readRaw(prefix + name)).toEqual(bytes);
  }
  await file.close();
}

describe('written files', () => {
  it('any tensors come back from safetensors', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, async (list) => {
        await expectSame(await writeSafetensors(folder.file('any.safetensors'), list), list);
      }),
      { numRuns: 50 },
    );
  });

  it('any tensors come back from shards', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, fc.integer({ min: 1, max: 2000 }), async (list, maxShardBytes) => {
        await expectSame(await writeSafetensors(folder.file('shards.safetensors'), list, { maxShardBytes }), list);
      }),
      { numRuns: 50 },
    );
  });

  it('any tensors come back from a PyTorch checkpoint', async () => {
    await fc.assert(
      fc.asyncProperty(tensors, fc.boolean(), async (list, nested) => {
        const options = nested ? { container: 'state_dict', metadata: { epoch: 3, note: 'ÆØÅ' } } : {};
        const path = await writePytorch(folder.file('any.pth'), list, options);
        await expectSame(path, list, nested ? 'state_dict.' : '');
      }),
      { numRuns: 50 },
    );
  });

  it('safetensors files have an aligned, space-padded header, wide elements first', async () => {
    const list = [tensor('b', 'uint8', [3], Uint8Array.of(1, 2, 3)), tensor('a', 'float64', [1], new Uint8Array(8))];
    const bytes = readFileSync(
      await writeSafetensors(folder.file('aligned.safetensors'), list, { metadata: { by: 'me' } }),
    );
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + length))).toEqual({
      __metadata__: { by: 'me' },
      a: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
      b: { dtype: 'U8', shape: [3], data_offsets: [8, 11] },
    });
  });

  it('PyTorch checkpoints have the structure that torch.load(weights_only=True) accepts', async () => {
    const data = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);
    const path = await writePytorch(folder.file('structure.pth'), [tensor('w', 'float32', [2, 3], data)]);
    const source = await openFile(path);
    const zip = await readZip(source, WEIGHT_LIMITS);
    expect(zip.names).toEqual(['archive/data.pkl', 'archive/byteorder', 'archive/data/0', 'archive/version']);
    expect(Buffer.from(await zip.read('archive/byteorder', 99)).toString()).toBe('little');
    const pickle = Buffer.from(await zip.read('archive/data.pkl', 9999)).toString('latin1');
    // Exactly these names, all on PyTorch's own list.
    expect(pickle.match(/c\w+(?:\.\w+)*\n\w+\n/g)).toEqual([
      'ccollections\nOrderedDict\n',
      'ctorch._utils\n_rebuild_tensor_v2\n',
      'ctorch\nFloatStorage\n',
      'ccollections\nOrderedDict\n',
    ]);
    await source.close();
    const bytes = readFileSync(path);
    const at = bytes.indexOf(Buffer.from(data));
    expect(at % 64).toBe(0);
    // The record's header, directly before its name and padding, carries the checksum of the data.
    const header = bytes.lastIndexOf('PK\x03\x04', at);
    expect(bytes.readUInt32LE(header + 14)).toBe(crc32(data));
    expect(bytes.readUInt16LE(header + 8)).toBe(0);
  });

  it('a failing tensor leaves the older file and no debris', async () => {
    const path = folder.file('kept.safetensors');
    writeFileSync(path, 'older');
    const before = folder.list();
    const broken = { ...tensor('x', 'float32', [1], new Uint8Array(4)), read: () => Promise.reject(new Error('gone')) };
    await expect(writeSafetensors(path, [broken])).rejects.toThrow('gone');
    const short = tensor('x', 'float32', [2], new Uint8Array(4));
    const error = await failure(writeSafetensors(path, [short]));
    expect(error.message).toBe('saveWeights: data of x must be 8 bytes for shape [2] of float32, received "4 bytes"');
    expect(readFileSync(path, 'utf8')).toBe('older');
    expect(folder.list()).toEqual(before);
  });

  it('refuses two tensors of one name, and types that the format lacks', async () => {
    const twice = [tensor('x', 'uint8', [0], new Uint8Array(0)), tensor('x', 'uint8', [0], new Uint8Array(0))];
    await expect(writePytorch(folder.file('x.pth'), twice)).rejects.toThrow('of different names, received "x"');
    const odd = [tensor('x', 'uint32', [0], new Uint8Array(0))];
    await expect(writePytorch(folder.file('x.pth'), odd)).rejects.toThrow('dtype of x');
  });
});

describe('sharded checkpoints', () => {
  const index = (map: unknown) => {
    const path = folder.file('bad.safetensors.index.json');
    writeFileSync(path, JSON.stringify({ weight_map: map }));
    return path;
  };

  it.each([['../secret'], ['/etc/passwd'], ['a\\b'], ['..'], [7]])(
    'refuses an index that points at %s',
    async (file) => {
      await expect(openWeights(index({ w: file }))).rejects.toThrow('expected the name of a file beside the index');
    },
  );

  it('names the tensor that a shard lacks, the shard that is absent, and JSON of another kind', async () => {
    await writeSafetensors(folder.file('one.safetensors'), [tensor('a', 'uint8', [1], Uint8Array.of(1))]);
    await expect(openWeights(index({ a: 'one.safetensors', b: 'one.safetensors' }))).rejects.toThrow('entry "b"');
    await expect(openWeights(index({ a: 'two.safetensors' }))).rejects.toThrow('two.safetensors: cannot be opened');
    await expect(openWeights(index(undefined))).rejects.toThrow('without a weight_map');
  });
});

describe('zip archives beyond 4 GiB', () => {
  it('are written and read with ZIP64 sizes and offsets', async () => {
    // A sparse file: the directory says what a real one would say, only the bytes looked at exist.
    const path = folder.file('big.zip');
    const gigabytes = 5 * 2 ** 30;
    const chunks: { at: number; bytes: Uint8Array }[] = [];
    let position = 0;
    const file = {
      get position() {
        return position;
      },
      async append(bytes: Uint8Array) {
        // Stands in for data of this length.
        const length = bytes.byteLength === 3 ? gigabytes : bytes.byteLength;
        chunks.push({ at: position, bytes: new Uint8Array(bytes) });
        position += length;
      },
      patch: async () => {},
    };
    const zip = new ZipWriter(file);
    await zip.add('first', Uint8Array.of(1, 2, 3));
    await zip.add('second', Buffer.from('behind 5 GiB'));
    await zip.finish();
    const handle = await open(path, 'w');
    for (const { at, bytes } of chunks) await handle.write(bytes, 0, bytes.byteLength, at);
    await handle.truncate(position);
    await handle.close();
    const source = await openFile(path);
    const archive = await readZip(source, WEIGHT_LIMITS);
    expect(Buffer.from(await archive.read('second', 99)).toString()).toBe('behind 5 GiB');
    // Locator and end record of ZIP64 stand before the classic end record.
    expect(Buffer.from(chunks.at(-1)!.bytes).readUInt32LE(56)).toBe(0x07064b50);
    await source.close();
  });
});

describe('checksums', () => {
  it('the table agrees with zlib', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32ByTable(bytes, 7) === crc32(bytes, 7)));
    expect(crc32ByTable(Buffer.from('123456789'))).toBe(0xcbf43926);
  });
});

describe('atomic writing', () => {
  it('makes folders and shows nothing before the end', async () => {
    const path = folder.file('deep/er/file.bin');
    await writeAtomically(path, async (file) => {
      await file.append(Buffer.from('abc'));
      expect(folder.list()).not.toContain('file.bin');
    });
    expect(readFileSync(path, 'utf8')).toBe('abc');
  });
});
