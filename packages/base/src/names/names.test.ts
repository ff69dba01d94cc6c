import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NameCollisionError, UnsafeNameError } from '../errors/file-errors';
import { OutputNames } from './output-names';
import { isPictureName } from './picture-extensions';
import { relativeName, withoutExtension } from './relative-name';

test('one spelling for separators', () => {
  expect(relativeName('images\\train/1.jpg')).toBe('images/train/1.jpg');
  expect(relativeName('./a//b/./c.png')).toBe('a/b/c.png');
  expect(relativeName('..a/b..c')).toBe('..a/b..c');
});

test.each([
  '../a.jpg',
  'a/../../b.jpg',
  'a\\..\\b.jpg',
  '/etc/passwd',
  '\\\\server\\share\\x',
  'C:\\x.jpg',
  'http://host/a.jpg',
  'file:///a.jpg',
  'a\nb.jpg',
  'a\u0000.jpg',
  'a\u2028b.jpg',
  '',
  '.',
  'a/',
  '..',
])('%j leaves the folder or is no file', (name) => {
  expect(() => relativeName(name)).toThrow(UnsafeNameError);
});

test('whatever is accepted stays inside', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '/', '\\', ':', ' ', '\n') }), (name) => {
      try {
        const parts = relativeName(name).split('/');
        return parts.every((part) => part !== '' && part !== '.' && part !== '..');
      } catch (error) {
        return UnsafeNameError.isInstance(error);
      }
    }),
  );
});

test('names without their extension', () => {
  expect(withoutExtension('a.b/c.tar.gz')).toBe('a.b/c.tar');
  expect(withoutExtension('a.b/c')).toBe('a.b/c');
  expect(withoutExtension('.hidden')).toBe('.hidden');
});

test('names to write are handed out once', () => {
  const names = new OutputNames();
  expect(names.claim('a.txt', 'x/a.jpg')).toBe('a.txt');
  expect(() => names.claim('A.txt', 'y/a.jpg')).toThrow(NameCollisionError);
  expect(() => names.claim('a.txt', 'y/a.jpg')).toThrow('x/a.jpg and y/a.jpg would both be written to a.txt');
  expect(names.unique('a.txt', 'z')).toBe('a-2.txt');
  expect(names.unique('a.txt', 'z')).toBe('a-3.txt');
});

test('pictures by their names', () => {
  expect(['a.JPG', 'b.tiff', 'c.bmp', 'd.svg', 'e.txt'].map(isPictureName)).toEqual([true, true, true, false, false]);
});
