import { describe, expect, it } from 'vitest';
import { Budget, type WeightLimits } from '../../src/weights/limits';
import { GlobalTable } from '../../src/weights/pickle/globals';
import { unpickle } from '../../src/weights/pickle/machine';
import { PickleWriter, type PlainValue } from '../../src/weights/pickle/writer';

const run = (bytes: Uint8Array, limits: Partial<WeightLimits> = {}) => {
  const budget = new Budget('x', limits);
  return unpickle(bytes, { path: 'x', globals: new GlobalTable('x', budget), budget }).value;
};
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
    ['a nested load', 'ctorch.storage\n_load_from_bytes\n(C\x01.tR.', 'torch.storage._load_from_bytes'],
    ['a function of a program', 'cmymodule\nrun_shell\n(tR.', 'calls for mymodule.run_shell,'],
    ['a class that starts processes', 'csubprocess\nPopen\n.', 'calls for subprocess.Popen,'],
    ['the inner half of a module', 'c_posixsubprocess\nfork_exec\n.', 'calls for _posixsubprocess.fork_exec,'],
    ['a function by its Python 2 name', 'ccommands\ngetoutput\n.', 'calls for commands.getoutput,'],
    ['code', 'ctypes\nCodeType\n.', 'calls for types.CodeType,'],
    ['a part of an allowed module', 'ccollections\nabc\n.', 'collections.abc'],
    ['a name of JavaScript’s own', 'cbuiltins\nconstructor\n.', 'builtins.constructor'],
    [
      'getattr on a value',
      'c__builtin__\ngetattr\n(K\x01\x8c\x01xtR.',
      'getattr is allowed on classes that are kept closed',
    ],
    ['a call of a type', 'cbuiltins\nint\n(tR.', 'only stands for a type'],
    ['an extension code', '\x82\x01.', 'instruction 0x82'],
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

  it.each([6, 255])('refuses protocol %i', (protocol) => {
    expect(() => run(program('N.', protocol))).toThrow(`has protocol ${protocol}; 0 to 5 are read`);
  });

  it.each<[keyof WeightLimits, string, string]>([
    ['maxDepth', '('.repeat(9), 'more than 5 nested collections'],
    ['maxIntegerBytes', '\x8a\x06abcdef.', 'more than 5 bytes in an integer'],
  ])('keeps to %s', (limit, text, message) => {
    expect(() => run(program(text), { [limit]: 5 })).toThrow(message);
    expect(() => run(program(text), { [limit]: 5 })).toThrow(`a larger option limits.${limit}`);
  });

  // Each of these takes hundreds of bytes for one or two of its own.
  it.each([
    ['empty dictionaries', '('.concat('}'.repeat(50_000), 't.')],
    ['empty sets', '('.concat('\x8f'.repeat(50_000), 't.')],
    ['tuples around tuples', `N${'\x85'.repeat(200_000)}.`],
    ['remembered values', `N${Array.from({ length: 300_000 }, (_, i) => `r${le32(i)}`).join('')}.`],
    ['copies of a remembered list', `](${'N'.repeat(10_000)}e\x94${'cbuiltins\nlist\n(h\x00tR'.repeat(500)}.`],
    ['copies of a remembered dictionary', `}(${pairs(2000)}u\x94${'ccollections\nOrderedDict\n(h\x00tR'.repeat(500)}.`],
    [
      'bytes of a remembered text',
      `X\x00\x00\x01\x00${'a'.repeat(65536)}\x94${'c_codecs\nencode\n(h\x00X\x06\x00\x00\x00latin1tR'.repeat(500)}.`,
    ],
    ['big-endian arrays of remembered bytes', bigEndian()],
  ])('counts what is produced: %s', (_, text) => {
    expect(() => run(program(text), { maxProducedBytes: 10e6 })).toThrow(
      'its values would take more than 10000000 bytes in memory',
    );
  });

  it('keeps to a time', () => {
    expect(() => run(program('N0'.repeat(2e6)), { maxSeconds: 1e-6 })).toThrow('takes more than 0.000001 seconds');
  });

  it('does not follow a length beyond its bytes', () => {
    expect(() => run(program('\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.'))).toThrow('ends early');
  });
});

const le32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.toString('latin1');
};
const pairs = (count: number) => Array.from({ length: count }, (_, i) => `M${le32(i).slice(0, 2)}N`).join('');

/** `numpy.core.numeric._frombuffer(bytes, dtype('>f4'), shape, 'C')`, many times for the same bytes. */
function bigEndian(): string {
  const array =
    'cnumpy.core.numeric\n_frombuffer\n(h\x00cnumpy\ndtype\n(X\x03\x00\x00\x00>f4tRM\x00\x40\x85X\x01\x00\x00\x00CtR';
  return `B\x00\x00\x01\x00${'\0'.repeat(65536)}\x94${array.repeat(500)}.`;
}
