import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileError, UnsafeNameError } from '../errors/file-errors';
import { resolveInside, resolveInsideWithLinks } from './inside';
import { makeFolder } from './make-folder';
import { openOrdinaryFile, readOrdinaryFile, readText } from './read-file';
import { writeAtomically } from './write-file';
import { recoverFolder, writeFolderAtomically } from './write-folder';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const path = (...parts: string[]) => join(folder, ...parts);

test('texts, bytes, pieces and writers; folders are made', async () => {
  await writeAtomically(path('a/b/c.txt'), 'é');
  await writeAtomically(path('a/b/d'), Uint8Array.of(1, 2));
  await writeAtomically(
    path('a/b/e'),
    Array.from({ length: 3 }, (_, i) => `${i}\n`),
  );
  await writeAtomically(path('a/b/f'), async (file) => {
    await file.append(Uint8Array.of(0, 7));
    await file.patch(Uint8Array.of(9), 0);
  });
  expect(['c.txt', 'd', 'e', 'f'].map((name) => readFileSync(path('a/b', name), 'latin1'))).toEqual([
    'Ã©',
    '\x01\x02',
    '0\n1\n2\n',
    '\x09\x07',
  ]);
});

test('a path with a NUL character is an error of the project', async () => {
  const bad = path('a\0b');
  for (const attempt of [() => readText(bad), () => writeAtomically(bad, 'x'), () => makeFolder(bad)]) {
    const error = await attempt().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(FileError);
    expect(error.message).toContain('a\\0b');
  }
});

test('a folder that cannot be made is an error of the project, with the path', async () => {
  writeFileSync(path('file'), '');
  for (const place of [path('file'), path('file/below'), path('n'.repeat(300))]) {
    const error = await makeFolder(place).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(FileError);
    expect(error.path).toBe(place);
  }
  await makeFolder(path('a/b'));
  await makeFolder(path('a/b'));
});

test('a failed writing leaves the older file and nothing else', async () => {
  await writeAtomically(path('x'), 'old');
  const fails = writeAtomically(path('x'), async (file) => {
    await file.append(Uint8Array.of(1));
    throw new Error('stopped');
  });
  await expect(fails).rejects.toThrow('stopped');
  function* pieces() {
    yield 'new';
    throw new Error('no more');
  }
  await expect(writeAtomically(path('x'), pieces())).rejects.toThrow('no more');
  expect(readFileSync(path('x'), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['x']);
});

test('what the system refuses is a typed error with a remedy', async () => {
  mkdirSync(path('d'));
  await expect(writeAtomically(path('d'), '')).rejects.toThrow(/d: cannot be written: it is a folder/);
  await expect(writeAtomically('/dev/null', '')).rejects.toThrow('it is no ordinary file');
  writeFileSync(path('f'), '');
  await expect(writeAtomically(path('f/g'), '')).rejects.toBeInstanceOf(FileError);
  await expect(readText(path('none'))).rejects.toThrow(/none: cannot be read: no such file/);
  await expect(readOrdinaryFile(path('d'))).rejects.toThrow('it is a folder, not an ordinary file');
  writeFileSync(path('long'), 'abc');
  await expect(readOrdinaryFile(path('long'), { maxBytes: 2 })).rejects.toThrow('it has 3 bytes; 2 is the limit here');
  expect(await readText(path('long'))).toBe('abc');
});

test('a named pipe is refused at once', async () => {
  execFileSync('mkfifo', [path('pipe')]);
  await expect(openOrdinaryFile(path('pipe'))).rejects.toThrow('it is a named pipe, not an ordinary file');
  await expect(openOrdinaryFile('/dev/zero')).rejects.toThrow('it is a device, not an ordinary file');
});

test('a folder replaces an older one as a whole', async () => {
  const replaces = (name: string) => name.endsWith('.txt');
  const write = (names: string[]) =>
    writeFolderAtomically(
      path('out'),
      async (out) => {
        for (const name of names) await out.add(name, name);
      },
      { replaces },
    );
  await write(['a.txt', 'sub/b.txt']);
  await write(['c.txt']);
  expect(readdirSync(path('out'))).toEqual(['c.txt']);
  writeFileSync(path('out/photo.jpg'), '');
  await expect(write(['d.txt'])).rejects.toThrow('the folder holds other files (photo.jpg)');
  expect(readdirSync(path('out'))).toEqual(['c.txt', 'photo.jpg']);
  expect(readdirSync(folder)).toEqual(['out']);
});

test('names in a folder: none outside, none twice, nothing half-written', async () => {
  const outside = writeFolderAtomically(path('out'), (out) => out.add('../x', ''));
  await expect(outside).rejects.toThrow(UnsafeNameError);
  const twice = writeFolderAtomically(path('out'), async (out) => {
    await out.add('1.txt', '', 'x/1.jpg');
    await out.add('1.txt', '', 'y/1.jpg');
  });
  await expect(twice).rejects.toThrow('x/1.jpg and y/1.jpg would both be written to 1.txt');
  expect(readdirSync(folder)).toEqual([]);
});

test('a folder that stepped aside comes back', async () => {
  mkdirSync(path('.out.replaced'));
  writeFileSync(path('.out.replaced/a.txt'), 'old');
  await recoverFolder(path('out'));
  expect(readFileSync(path('out/a.txt'), 'utf8')).toBe('old');
});

test('names inside a folder, and links that leave it', async () => {
  expect(resolveInside('images', 'a\\b.jpg')).toBe(join('images', 'a', 'b.jpg'));
  expect(() => resolveInside('images', '../b.jpg')).toThrow(UnsafeNameError);
  // As a cache of downloads: a folder of links into one folder of files.
  mkdirSync(path('blobs'));
  mkdirSync(path('model'));
  for (const name of ['index', 'shard']) {
    writeFileSync(path('blobs', name), '');
    symlinkSync(path('blobs', name), path('model', name));
  }
  const index = path('model/index');
  expect(await resolveInsideWithLinks(path('model'), 'shard', index)).toBe(path('model/shard'));
  writeFileSync(path('secret'), '');
  symlinkSync(path('secret'), path('model/evil'));
  await expect(resolveInsideWithLinks(path('model'), 'evil', index)).rejects.toThrow('symbolic link to');
  expect(await resolveInsideWithLinks(path('model'), 'missing', index)).toBe(path('model/missing'));
});
