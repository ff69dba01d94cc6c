import { expect, test } from 'vitest';
import { lengthOf, pack, unpack } from './texts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('texts come back, whatever their length', () => {
  const texts = ['', 'a', 'Grüße', 'x'.repeat(11)];
  const numbers = Math.max(...texts.map((text) => lengthOf(bytes(text))));
  const joined = Int32Array.from(texts.flatMap((text) => [...pack(bytes(text), numbers)]));
  expect(unpack(joined, texts.length)).toEqual(texts);
});

test('one that is too long says how much room all need', () => {
  const joined = Int32Array.from(['short', 'x'.repeat(17)].flatMap((text) => [...pack(bytes(text), 3)]));
  expect(unpack(joined, 2)).toBe(lengthOf(bytes('x'.repeat(17))));
});
