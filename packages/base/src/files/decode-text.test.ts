import { expect, test } from 'vitest';
import { FileError } from '../errors/file-errors';
import { decodeText } from './decode-text';

const utf16 = (text: string, mark = '\ufeff') => new Uint8Array(Buffer.from(mark + text, 'utf16le'));

test('UTF-8 and UTF-16, without their marks', () => {
  expect(decodeText(new TextEncoder().encode('\ufeffcafé'), 'x')).toBe('café');
  expect(decodeText(utf16('café'), 'x')).toBe('café');
  expect(decodeText(new Uint8Array(Buffer.from(utf16('café')).swap16()), 'x')).toBe('café');
  expect(decodeText(new Uint8Array(), 'x')).toBe('');
});

test('an encoding that the text declares', () => {
  expect(decodeText(Uint8Array.of(0xc3, 0xa8), 'x', 'gbk')).toBe('猫');
  expect(decodeText(Uint8Array.of(0x63, 0xe9), 'x', 'ISO-8859-1')).toBe('cé');
  expect(() => decodeText(Uint8Array.of(0x63), 'x', 'klingon')).toThrow(
    'x: cannot be read: its encoding klingon is not known',
  );
});

test.each([
  [Uint8Array.of(97, 10, 0x63, 0xe9, 10), 'line 2 is no text in UTF-8'],
  [utf16('ab\ncd', ''), 'line 1 has bytes of zero'],
  [Uint8Array.of(0xff, 0xfe, 97), 'line 1 is no text in UTF-16LE'],
])('%s is refused', (bytes, problem) => {
  expect(() => decodeText(bytes, 'a.txt')).toThrow(FileError);
  expect(() => decodeText(bytes, 'a.txt')).toThrow(`a.txt: cannot be read: ${problem}`);
  expect(() => decodeText(bytes, 'a.txt')).toThrow('save it as UTF-8');
});
