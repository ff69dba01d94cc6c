import { beforeAll, describe, expect, expectTypeOf, test, vi } from 'vitest';
import * as first from '../index';

class ReadError extends first.FileError {
  static override readonly kind: string = 'ReadError';
}

/** The package a second time, as a project has it whose dependencies want two versions. */
let second: typeof first;

beforeAll(async () => {
  vi.resetModules();
  second = await import('../index');
});

describe('isInstance', () => {
  const file = new first.FileError('a.json', 'cannot be read', 'no such file');
  const picture = new first.ImageDecodeError('a.png', 'truncated');
  const read = new ReadError('a.json', 'cannot be read', 'no such file');

  test('is true for the class and those below it alone', () => {
    expect(first.FileError.isInstance(file)).toBe(true);
    expect(first.FileError.isInstance(read)).toBe(true);
    expect(ReadError.isInstance(read)).toBe(true);
    expect(ReadError.isInstance(file)).toBe(false);
    expect(first.FileError.isInstance(picture)).toBe(false);
    expect(first.ImageDecodeError.isInstance(file)).toBe(false);
    expect(first.FileError.isInstance(new first.VisionError('ICCONV_FILE', 'text'))).toBe(false);
  });

  test('of the base is true for all of them', () => {
    for (const error of [file, picture, read, new first.VisionError('ICCONV_X', 'text')]) {
      expect(first.VisionError.isInstance(error)).toBe(true);
    }
  });

  test('is the same for errors of another copy of the package', () => {
    const foreign = new second.FileError('a.json', 'cannot be read', 'no such file');
    expect(foreign).not.toBeInstanceOf(first.VisionError);
    expect(first.FileError.isInstance(foreign)).toBe(true);
    expect(first.VisionError.isInstance(foreign)).toBe(true);
    expect(first.ImageDecodeError.isInstance(foreign)).toBe(false);
    expect(second.FileError.isInstance(read)).toBe(true);
  });

  test.each([undefined, null, 'ICCONV_FILE', new Error('text'), { code: 'ICCONV_FILE' }, { kind: 'FileError' }])(
    'is false for %o',
    (other) => {
      expect(first.VisionError.isInstance(other)).toBe(false);
      expect(first.FileError.isInstance(other)).toBe(false);
    },
  );

  test('narrows to the class that it is called on', () => {
    const error: unknown = read;
    if (first.FileError.isInstance(error)) expectTypeOf(error).toEqualTypeOf<first.FileError>();
    if (first.VisionError.isInstance(error)) expectTypeOf(error).toEqualTypeOf<first.VisionError>();
  });

  test('is about the class, whatever a minifier calls it', () => {
    const minified = class a extends first.VisionError {
      static override readonly kind: string = 'ReadError';
    };
    const error = new minified('ICCONV_FILE', 'text');
    expect(error.name).toBe('ReadError');
    expect(ReadError.isInstance(error)).toBe(true);
  });
});

test('an error is called by its class', () => {
  expect(new first.DisposedError('detect', 'the detector', 'create another').name).toBe('DisposedError');
  expect(String(new ReadError('a.json', 'cannot be read', 'gone'))).toBe('ReadError: a.json: cannot be read: gone');
});
