import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openWeights, RefusedPickleError, WeightFormatError } from '../../src/weights';
import { failure, fixture, temporaryFolder } from './helpers';

const folder = temporaryFolder();
const bytes = (name: string) => new Uint8Array(readFileSync(fixture(name)));

describe('files that are refused', () => {
  it.each(['calls-system.pth', 'calls-system.legacy.pth'])('%s: names os.system and runs nothing', async (name) => {
    const error = await failure(openWeights(fixture(name)));
    expect(error).toBeInstanceOf(RefusedPickleError);
    expect((error as RefusedPickleError).global).toBe('posix.system');
    expect(error.message).toContain(
      'posix.system (os.system in Python), which is not on the list of what weights need',
    );
    expect(existsSync('owned.txt')).toBe(false);
  });

  it('a whole module is refused by the name of its class', async () => {
    const error = await failure(openWeights(fixture('whole-module.pth')));
    expect(error.message).toContain('torch.nn.modules.linear.Linear');
    expect(error.message).toContain('Save `model.state_dict()`');
  });

  it('a class that the caller allows is kept as data', async () => {
    const file = await openWeights(fixture('calls-system.pth'), { opaqueClasses: ['posix.system'] });
    expect([...file.entries.keys()]).toEqual(['weight']);
    expect(existsSync('owned.txt')).toBe(false);
    await file.close();
  });

  it('a TorchScript program', async () => {
    await expect(openWeights(fixture('torchscript.pt'))).rejects.toThrow('a TorchScript program, not a state dict');
  });

  it.each([
    ['network.pth', 'truncated or damaged'],
    ['network.legacy.pth', 'truncated or damaged'],
    ['dtypes.safetensors', 'truncated'],
  ])('%s, truncated', async (name, message) => {
    const path = folder.file(`truncated-${name}`);
    const whole = bytes(name);
    for (const kept of [0.1, 0.5, 0.9, 0.99]) {
      writeFileSync(path, whole);
      truncateSync(path, Math.floor(whole.length * kept));
      const error = await failure(openWeights(path));
      expect(error).toBeInstanceOf(WeightFormatError);
      expect(error.message).toContain(path);
      expect(error.message).toMatch(message);
    }
  });

  it('an archive whose data was cut out behind an intact directory', async () => {
    const whole = bytes('network.pth');
    whole.fill(0, 0, 4000);
    whole.set([0x50, 0x4b, 3, 4]);
    const error = await failure(openWeights(whole));
    expect(error).toBeInstanceOf(WeightFormatError);
  });

  it.each([
    ['nothing at all', new Uint8Array(0), 'is empty'],
    ['another format', Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 5), 'begins with de ad be ef 01 02 03 04'],
    ['an HTML page', Buffer.from('<!DOCTYPE html><title>Virus scan warning</title>'), 'an HTML page'],
    ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\n'), 'Git LFS pointer'],
    ['HDF5', Buffer.from('\x89HDF\r\n\x1a\n00000000', 'latin1'), 'HDF5'],
    ['gzip', Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0), 'gzip'],
    ['a plain pickle', Buffer.from('\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00}\x94.', 'latin1'), 'a plain pickle'],
    ['a zip of something else', emptyZip(), 'no PyTorch checkpoint'],
    ['a tar archive', tarHeader(), 'before 0.2'],
  ])('%s', async (_, content, message) => {
    const error = await failure(openWeights(content));
    expect(error).toBeInstanceOf(WeightFormatError);
    expect(error.message).toContain(message);
    expect(error.message).toMatch(/^<memory>: /);
  });

  it('a tensor beyond what one array holds', async () => {
    // A sparse file: the header says 16 GiB, no byte of which exists.
    const path = folder.file('huge.safetensors');
    const header = JSON.stringify({ x: { dtype: 'F32', shape: [2 ** 32], data_offsets: [0, 2 ** 34] } });
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(header.length));
    writeFileSync(path, Buffer.concat([head, Buffer.from(header)]));
    truncateSync(path, 8 + header.length + 2 ** 34);
    const file = await openWeights(path);
    expect(file.entries.get('x')!.bytes).toBe(2 ** 34);
    await expect(file.read('x')).rejects.toThrow('takes 17179869184 bytes; one array holds 4294967296 at most');
    await file.close();
  });

  it('a path that is not there, and a folder', async () => {
    await expect(openWeights(folder.file('absent.pth'))).rejects.toThrow('cannot be opened: no such file or folder');
    await expect(openWeights(folder.file('.'))).rejects.toThrow(
      'cannot be opened: it is a folder, not an ordinary file',
    );
  });
});

describe('damaged safetensors headers', () => {
  const file = (header: unknown, data = 8) => {
    const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(json.length));
    return Buffer.concat([head, json, Buffer.alloc(data)]);
  };
  const f32 = (shape: unknown, offsets: unknown) => ({ dtype: 'F32', shape, data_offsets: offsets });

  it.each([
    ['a gap', { a: f32([1], [4, 8]) }, 'begins at byte 4 of the data, expected 0'],
    ['an overlap', { a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 'begins at byte 4 of the data, expected 8'],
    ['bytes that belong to nobody', { a: f32([1], [0, 4]) }, 'has 8 bytes of data, its tensors take 4'],
    ['a size that does not fit', { a: f32([3], [0, 8]) }, 'takes 12 bytes, its data_offsets hold 8'],
    ['an end behind the file', { a: f32([4], [0, 16]) }, 'the file has 8: truncated'],
    ['a negative shape', { a: f32([-2], [0, 8]) }, 'its shape is damaged'],
    ['fractional offsets', { a: f32([2], [0.5, 8.5]) }, 'its data_offsets are damaged'],
    ['a dtype that is none', { a: { dtype: 'f 3', shape: [2], data_offsets: [0, 8] } }, 'its dtype is damaged'],
    ['nesting', `{"a":${'['.repeat(99)}`, 'the header nests more than 3 levels'],
    ['a shape of many dimensions', { a: f32([...Array(64).fill(1), 2], [0, 8]) }, 'has 65 dimensions'],
    ['a header that is no JSON', '{"a": ', 'the header is not JSON'],
  ])('%s', async (_, header, message) => {
    await expect(openWeights(file(header))).rejects.toThrow(message);
  });

  it('a header length beyond all reason', async () => {
    const head = Buffer.alloc(64, 0x7f);
    head[8] = 0x7b;
    await expect(openWeights(head)).rejects.toThrow('at most 100000000 are allowed');
  });
});

function emptyZip(): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50);
  // A first record signature is what makes it look like a checkpoint.
  return Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(40), patched(end, 44)]);
}

function patched(end: Buffer, offset: number): Buffer {
  end.writeUInt32LE(offset, 16);
  return end;
}

function tarHeader(): Buffer {
  const header = Buffer.alloc(512);
  header.write('sys_info', 0);
  header.write('0000644\0', 100);
  header.write('        ', 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
