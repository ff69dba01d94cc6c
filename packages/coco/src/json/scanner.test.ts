import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CocoFormatError } from '../errors';
import { JsonScanner, NEED_MORE } from './scanner';

function scanner(text: string, closed = true): JsonScanner {
  const made = new JsonScanner('test');
  const bytes = new TextEncoder().encode(text);
  made.writable(bytes.length).set(bytes);
  made.advance(bytes.length);
  made.closed = closed;
  return made;
}

const number = (text: string) => scanner(`${text},`).number();

describe('numbers', () => {
  test('equal Number() for what programs print', () => {
    const value = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
      fc.double({ min: -2000, max: 2000, noNaN: true }),
      fc.float({ min: 0, max: 1, noNaN: true }),
      fc.integer(),
      fc.integer({ min: -1e6, max: 1e6 }).map((i) => i / 100),
    );
    fc.assert(
      fc.property(value, (v) => {
        expect(number(JSON.stringify(v))).toBe(JSON.parse(JSON.stringify(v)));
      }),
      { numRuns: 5000 },
    );
  });

  test('equal Number() for digits of any length', () => {
    const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
    const text = fc.tuple(
      fc.boolean(),
      digits(22),
      fc.option(digits(26)),
      fc.option(fc.integer({ min: -40, max: 40 })),
    );
    fc.assert(
      fc.property(text, ([minus, whole, fraction, exponent]) => {
        const integer = String(BigInt(whole));
        const spelled = `${minus ? '-' : ''}${integer}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`;
        expect(number(spelled)).toBe(Number(spelled));
      }),
      { numRuns: 5000 },
    );
  });

  // Halfway between two doubles, and one digit beside: only exact arithmetic rounds these.
  test.each([
    '9007199254740993',
    '9007199254740992.999999',
    '1.00000000000000011102230246251565',
    '0.500000000000000055511',
  ])('%s', (text) => expect(number(text)).toBe(Number(text)));

  test('words that Python writes', () => {
    expect(number('NaN')).toBeNaN();
    expect(number('null')).toBeNaN();
    expect(number('-Infinity')).toBe(Number.NEGATIVE_INFINITY);
    for (const text of ['nope', '"1"', '-', '']) expect(() => number(text)).toThrow(CocoFormatError);
  });
});

test('a token that is not complete asks for more, and is an error at the end', () => {
  const tokens: [string, (s: JsonScanner) => void][] = [
    ['12', (s) => s.number()],
    ['0.5e', (s) => s.number()],
    ['"ab', (s) => s.string()],
    ['"ab\\', (s) => s.string()],
    ['{"a": [1, 2', (s) => s.skip()],
    ['tru', (s) => s.skip()],
  ];
  for (const [text, read] of tokens) {
    let thrown: unknown;
    try {
      read(scanner(text, false));
    } catch (error) {
      thrown = error;
    }
    expect(thrown, text).toBe(NEED_MORE);
    expect(() => read(scanner(text)), text).toThrow(CocoFormatError);
  }
});

test('strings with escapes and brackets inside', () => {
  const s = scanner('"a\\"]}\\u00e9é" 7,');
  s.string();
  expect(s.text()).toBe('a"]}éé');
  expect(s.number()).toBe(7);
  const skipped = scanner('{"a": "]}", "b": [[{}], "\\""]}, 3');
  skipped.skip();
  expect(skipped.peek()).toBe(44);
});
