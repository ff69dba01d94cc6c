/** Small files that stand for large ones: each ends soon, with the limit that it passes, and with little memory. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openWeights, WeightFormatError } from '../../src/weights';
import { crc32 } from '../../src/weights/pytorch/crc32';
import { failure, temporaryFolder } from './helpers';
import { stored, type ZipRecord, zip } from './zip-bytes';

const folder = temporaryFolder();
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('latin1');
};
const text = (value: string) => `X${u32(value.length)}${value}`;

/** A pickle of float32 tensors, each of `length` elements in a record of its own. */
function tensors(count: number, length: number): Buffer {
  const one = (key: number) =>
    `${text(`w${key}`)}ctorch._utils\n_rebuild_tensor_v2\n((${text('storage')}ctorch\nFloatStorage\n${text(String(key))}${text('cpu')}J${u32(length)}tQK\x00J${u32(length)}\x85K\x01\x85\x89}tR`;
  return latin1(`\x80\x02}(${Array.from({ length: count }, (_, key) => one(key)).join('')}u.`);
}

describe('archives', { timeout: 60_000 }, () => {
  const zeros = new Uint8Array(4 * 16e6);
  const packed = deflateRawSync(zeros, { level: 9 });
  const record = (key: number, more: Partial<ZipRecord> = {}): ZipRecord => ({
    name: `a/data/${key}`,
    packed,
    size: zeros.length,
    crc: crc32(zeros),
    method: 8,
    ...more,
  });

  it('records that unpack to far more than the file has', async () => {
    const many = Array.from({ length: 20 }, (_, key) => record(key));
    const file = zip([stored('a/data.pkl', tensors(20, 16e6)), ...many]);
    const error = await failure(openWeights(file));
    expect(error).toBeInstanceOf(WeightFormatError);
    expect(error.message).toContain('its compressed records unpack to more than');
    expect(error.message).toContain('a larger option limits.maxInflatedBytes');
  });

  it('are read one after the other with a larger limit, and one record is kept at most', async () => {
    const many = Array.from({ length: 6 }, (_, key) => record(key));
    const bytes = zip([stored('a/data.pkl', tensors(6, 16e6)), ...many]);
    const file = await openWeights(bytes, { limits: { maxInflatedBytes: 1e9 } });
    const before = process.memoryUsage().arrayBuffers;
    for (const name of file.entries.keys()) expect((await file.readRaw(name)).byteLength).toBe(zeros.length);
    globalThis.gc?.();
    // What was returned may wait for the collector; six records of 64 MB that are kept would be more.
    if (globalThis.gc !== undefined) expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(3 * zeros.length);
    await file.close();
  });

  it('records that share their bytes', async () => {
    const first = stored('a/data.pkl', tensors(3, 16e6));
    const at = 30 + first.name.length + first.packed.length;
    const file = zip([first, record(0), record(1, { at }), record(2, { at: at + 5 })]);
    await expect(openWeights(file)).rejects.toThrow(/entry "a\/data\/[12]": lies inside the record "a\/data\/[01]"/);
  });

  it('a record that reaches into the directory’s end', async () => {
    const file = zip([stored('a/data.pkl', tensors(1, 4)), { ...stored('a/data/0', new Uint8Array(16)), at: 1e9 }]);
    await expect(openWeights(file)).rejects.toThrow('the file has');
  });

  it('views that repeat one number millions of times, many times over', async () => {
    const one = (key: number) =>
      `${text(`w${key}`)}ctorch._utils\n_rebuild_tensor_v2\n((${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x01tQK\x00J${u32(60e6)}\x85K\x00\x85\x89}tR`;
    const pickle = latin1(`\x80\x02}(${Array.from({ length: 50 }, (_, key) => one(key)).join('')}u.`);
    const file = zip([stored('a/data.pkl', pickle), stored('a/data/0', new Uint8Array(4))]);
    const error = await failure(openWeights(file));
    expect(error.message).toContain('its tensors are 12000000000 bytes together, made of 4 stored ones');
    expect(error.message).toContain('limits.maxTensorBytes');
    await (await openWeights(file, { limits: { maxTensorBytes: 1e12 } })).close();
  });

  it('views of few elements far apart, whose reading takes the whole storage each time', async () => {
    const one = (key: number) =>
      `${text(`w${key}`)}ctorch._utils\n_rebuild_tensor_v2\n((${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}J${u32(16e6)}tQK\x00K\x02\x85J${u32(16e6 - 1)}\x85\x89}tR`;
    const pickle = latin1(`\x80\x02}(${Array.from({ length: 500 }, (_, key) => one(key)).join('')}u.`);
    const error = await failure(openWeights(zip([stored('a/data.pkl', pickle), record(0)])));
    expect(error.message).toContain('its tensors are 32000000000 bytes together, made of 64000000 stored ones');
  });

  it('one flipped bit', async () => {
    const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    const file = zip([stored('a/data.pkl', tensors(1, 4)), stored('a/data/0', data)]);
    const whole = await openWeights(file);
    expect([...(await whole.read('w0'))]).toEqual([1, 2, 3, 4]);
    file[file.indexOf(Buffer.from(data)) + 5]! ^= 4;
    const damaged = await openWeights(file);
    await expect(damaged.read('w0')).rejects.toThrow('entry "a/data/0": its checksum does not fit its bytes');
  });
});

describe('pickles', { timeout: 60_000 }, () => {
  // Each level names the one below ten times: 10^n values in 40 n bytes.
  const laughs = (levels: number, open: string, close: string) => {
    let program = `${text('lol')}q\x000`;
    for (let level = 1; level <= levels; level++) {
      program += `${open}${`h${String.fromCharCode(level - 1)}`.repeat(10)}${close}q${String.fromCharCode(level)}0`;
    }
    return `${program}h${String.fromCharCode(levels)}`;
  };
  const around = (pickle: string) => zip([stored('a/data.pkl', latin1(`\x80\x02${pickle}.`))]);

  it.each([
    ['nested lists, as a value', `}${text('x')}${laughs(12, '(', 'l')}s`, 'maxProducedBytes'],
    ['a version of the format', `${laughs(12, '(', 't')}`, 'maxProducedBytes'],
  ])('%s', async (_, pickle, limit) => {
    const started = performance.now();
    const error = await failure(openWeights(around(pickle)));
    expect(error).toBeInstanceOf(WeightFormatError);
    // On a busy machine the time may be up first.
    expect(error.message).toMatch(new RegExp(`limits\\.(?:${limit}|maxSeconds)`));
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('nested tuples as a key, a method’s name and a storage’s key have no text', async () => {
    const key = laughs(12, '(', 't');
    const file = await openWeights(around(`}(${key}K\x01${text('n')}K\x02u`));
    expect([...file.metadata]).toEqual([
      ['<key 0>', 1],
      ['n', 2],
    ]);
    await expect(openWeights(around(`cbuiltins\ngetattr\n(cx\nY\n${key}tR`))).rejects.toThrow('getattr is allowed');
    await expect(
      openWeights(around(`(${text('storage')}ctorch\nFloatStorage\n${key}${text('cpu')}K\x01tQ`)),
    ).rejects.toThrow('a reference to a storage is damaged');
    const legacy = latin1(`\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02${key}.`);
    await expect(openWeights(legacy)).rejects.toThrow('legacy format version, which is no number');
  });

  it('keys that fall into one place of a table', async () => {
    // V8 hashes long texts by their length and big integers by their lowest digits.
    const long = (i: number) => text(`${'k'.repeat(16_400)}${String(i).padStart(5)}`);
    const texts = around(`}(${Array.from({ length: 200 }, (_, i) => `${long(i)}N`).join('')}u`);
    await expect(openWeights(texts)).rejects.toThrow('has a text as a key that is too long for one');
    const names = around(`}${text('k'.repeat(15_000))}](${`}${text('y'.repeat(1000))}Ns`.repeat(20_000)}es`);
    expect((await openWeights(names)).metadata.size).toBe(0);
    const big = (i: number) => `\x8a\x0d${'\0'.repeat(8)}${u32(i)}\x01`;
    const started = performance.now();
    const integers = around(`}(${Array.from({ length: 100_000 }, (_, i) => `${big(i)}N`).join('')}u`);
    expect((await openWeights(integers)).metadata.size).toBe(100_000);
    expect(performance.now() - started).toBeLessThan(20_000);
    await expect(openWeights(around('Nr\xff\xff\xff\x7f'))).rejects.toThrow('remembers a value in place 2147483647');
    const header = `{"${'k'.repeat(20_000)}":{}}`;
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(header.length));
    await expect(openWeights(Buffer.concat([head, Buffer.from(header)]))).rejects.toThrow(
      'has a name of 20001 characters',
    );
  });

  it('tuples 100000 deep, as a key and as a value', async () => {
    const deep = `N${'\x85'.repeat(100_000)}`;
    await (await openWeights(around(`}${deep}Ns`))).close();
    await expect(openWeights(around(`}${text('x')}${deep}s`))).rejects.toThrow('nests more than 32 levels');
    const closed = await openWeights(around(`}${text('x')}cmine\nThing\n)\x81${deep}bs`));
    expect(closed.skipped.get('x')).toMatchObject({ type: 'mine.Thing', tensors: 0 });
  });
});

describe('JSON', { timeout: 60_000 }, () => {
  const header = (json: string) => {
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([head, Buffer.from(json)]);
  };

  it.each([
    ['objects without end in a header', () => header(`{${'"a":{},'.repeat(4e6)}"b":{}}`), 'limits.maxProducedBytes'],
    [
      'a shape of millions of numbers',
      () => header(`{"a":{"dtype":"F32","shape":[${'1,'.repeat(30e6)}1],"data_offsets":[0,0]}}`),
      'limits.maxProducedBytes',
    ],
    [
      'nesting in an index',
      () => Buffer.from(`{"weight_map":{},"metadata":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
      'nests more than 16 levels',
    ],
    [
      'empty lists in an index',
      () => Buffer.from(`{"weight_map":{},"metadata":[${'[],'.repeat(6e6)}[]]}`),
      'limits.maxProducedBytes',
    ],
  ])('%s', async (_, bytes, message) => {
    await expect(openWeights(bytes())).rejects.toThrow(message);
  });

  it('a header longer than its file', async () => {
    const bytes = header('{}');
    bytes.writeBigUInt64LE(99_000_000n, 0);
    await expect(openWeights(bytes)).rejects.toThrow('truncated or damaged');
  });
});

describe('what is no file', () => {
  it('a named pipe does not wait for a writer', { timeout: 10_000 }, async () => {
    const pipe = folder.file('pipe.pth');
    await promisify(execFile)('mkfifo', [pipe]);
    await expect(openWeights(pipe)).rejects.toThrow('it is a named pipe, not an ordinary file');
    await expect(openWeights('/dev/zero')).rejects.toThrow('it is a device');
    mkdirSync(folder.file('shards'));
    await promisify(execFile)('mkfifo', [folder.file('shards/a.safetensors')]);
    writeFileSync(folder.file('shards/i.json'), JSON.stringify({ weight_map: { w: 'a.safetensors' } }));
    await expect(openWeights(folder.file('shards/i.json'))).rejects.toThrow('it is a named pipe');
  });
});
