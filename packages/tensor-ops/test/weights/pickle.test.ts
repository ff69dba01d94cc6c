import { describe, expect, it } from 'vitest';
import { globalTable } from '../../src/weights/pickle/globals';
import type { PickleLimits } from '../../src/weights/pickle/limits';
import { unpickle } from '../../src/weights/pickle/machine';
import { PickleWriter, type PlainValue } from '../../src/weights/pickle/writer';

const run = (bytes: Uint8Array, limits: Partial<PickleLimits> = {}) =>
  unpickle(bytes, { path: 'x', globals: globalTable(), limits }).value;
/** Instructions behind a protocol header. */
const program = (text: string, protocol = 4) =>
  new Uint8Array(Buffer.from(`\x80${String.fromCharCode(protocol)}${text}`, 'latin1'));

describe('pickle machine', () => {
  it.each<[PlainValue]>([
    [null],
    [true],
    [0],
    [-0],
    [-1],
    [2 ** 31],
    [-(2 ** 31)],
    [2 ** 53 - 1],
    [1.5],
    [Number.POSITIVE_INFINITY],
    [2n ** 80n],
    [-(2n ** 79n)],
    ['ÆØÅ \u{1f600}'],
    [[1, ['a', []], null]],
  ])('reads back %o', (value) => {
    expect(run(new PickleWriter().plain(value).finish())).toEqual(value);
  });

  it('reads dictionaries as maps', () => {
    const value = run(new PickleWriter().plain({ a: 1, b: { c: [2] } }).finish());
    expect(value).toEqual(
      new Map<string, unknown>([
        ['a', 1],
        ['b', new Map([['c', [2]]])],
      ]),
    );
  });

  it('reads sets, tuples, bytes and remembered values', () => {
    expect(run(program('\x8f(K\x01K\x02\x90.'))).toEqual(new Set([1, 2]));
    expect(run(program('(K\x01K\x02\x91.'))).toEqual(new Set([1, 2]));
    expect(run(program('K\x01K\x02K\x03\x87.'))).toEqual([1, 2, 3]);
    expect(run(program('C\x02ab.'))).toEqual(new Uint8Array([97, 98]));
    expect(run(program(']\x94(K\x07h\x00e.'))).toHaveLength(2);
  });

  it.each([
    ['os.system, given by the stack', '\x8c\x02os\x8c\x06system\x93.', 'calls for os.system,'],
    ['os.system, given by lines', 'cos\nsystem\n.', 'calls for os.system,'],
    ['the system call of Windows', 'cnt\nsystem\n.', 'nt.system (os.system in Python)'],
    ['eval', 'c__builtin__\neval\n.', 'calls for __builtin__.eval,'],
    ['a nested load', 'ctorch.storage\n_load_from_bytes\n.', 'torch.storage._load_from_bytes'],
    ['a part of an allowed module', 'ccollections\nabc\n.', 'collections.abc'],
    ['a name of JavaScript’s own', 'cbuiltins\nconstructor\n.', 'builtins.constructor'],
    [
      'getattr on a value',
      'c__builtin__\ngetattr\n(K\x01\x8c\x01xtR.',
      'getattr is allowed on classes that are kept as data',
    ],
    ['a call of a type', 'cbuiltins\nint\n(tR.', 'only stands for a type'],
    ['an extension code', '\x82\x01.', 'instruction 0x82'],
    ['an instruction of protocol 0', 'I1\n.', 'instruction 0x49'],
    ['an outside buffer', '\x97.', 'instruction 0x97'],
    ['a persistent id where none can be', 'K\x01Q.', 'refers to data outside itself'],
    ['an empty stack', '0.', 'empty stack'],
    ['a value that was never remembered', 'h\x05.', 'value 5, which it never remembered'],
    ['an append to a number', 'K\x01K\x02a.', 'not a list'],
    ['a key without a value', '}(K\x01u.', 'a key without a value'],
    ['state of a number', 'K\x01K\x02b.', 'state of a value that has none'],
  ])('refuses %s', (_, text, message) => {
    expect(() => run(program(text))).toThrow(message);
  });

  it.each([0, 1, 6, 255])('refuses protocol %i', (protocol) => {
    expect(() => run(program('N.', protocol))).toThrow(`has protocol ${protocol}; 2 to 5 are read`);
  });

  it.each<[keyof PickleLimits, string, string]>([
    ['maxOpcodes', 'K\x01'.repeat(9), 'more than 5 instructions'],
    ['maxStack', 'K\x01'.repeat(9), 'more than 5 values at once'],
    ['maxMemo', `]${'\x94'.repeat(9)}`, 'more than 5 remembered values'],
    ['maxDepth', '('.repeat(9), 'more than 5 nested collections'],
    ['maxTextBytes', '\x8c\x06abcdef.', 'more than 5 bytes in a text'],
    ['maxIntegerBytes', '\x8a\x06abcdef.', 'more than 5 bytes in an integer'],
  ])('keeps to %s', (limit, text, message) => {
    expect(() => run(program(text), { [limit]: 5 })).toThrow(message);
  });

  it('does not follow a length beyond its bytes', () => {
    expect(() => run(program('\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.'))).toThrow('ends early');
  });
});
