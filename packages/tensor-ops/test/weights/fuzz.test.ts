/**
 * Damaged weight files of every kind, by a seed: bytes flipped, blocks of noise, cut, moved, doubled, grown numbers, and parts of one file
 * within another. Each must end in an error of ours or in plausible values, in bounded time and memory.
 *
 * Takes some 15 seconds; `ICCONV_FUZZ_SECONDS=600` gives it longer, `ICCONV_FUZZ_SEED` another start. A failure prints the kind and the round, and
 * `ICCONV_FUZZ_KEEP=<folder>` keeps the bytes.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { FUZZ_SEED, fuzzSeconds } from '@icconv/test-utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { VisionError } from '../../src/errors';
import { openWeights, type WeightFile, writePytorch, writeSafetensors } from '../../src/weights';
import { fixture, randomNumbers, temporaryFolder } from './helpers';
import { numberedTensors } from './numbered-tensors';
import { stored, zip } from './zip-bytes';

const SECONDS = fuzzSeconds(15);
const SEED = FUZZ_SEED;
const KEEP = process.env.ICCONV_FUZZ_KEEP;
/** One file may take this long; a round takes some milliseconds, and a busy machine some times that. */
const MAX_ROUND_MS = 8000;
const MAX_GROWTH_BYTES = 1e9;

const folder = temporaryFolder();
const bytesOf = (name: string) => new Uint8Array(readFileSync(fixture(name)));

type Random = () => number;
interface Kind {
  readonly name: string;
  readonly originals: () => readonly Uint8Array[];
  /** Makes the rest of the file fit the damage, so that it is not noticed before the place that is meant. */
  readonly repair?: (bytes: Uint8Array) => Uint8Array;
}

const RECORDS = 16;

/** A checkpoint with this pickle and some records, some of them deflated, whose checksums are always right. */
function zipAround(pickle: Uint8Array): Uint8Array {
  const records: [string, Uint8Array][] = [
    ['a/data.pkl', pickle],
    ['a/byteorder', Buffer.from('little')],
    ...Array.from({ length: RECORDS }, (_, key): [string, Uint8Array] => [`a/data/${key}`, new Uint8Array(128)]),
  ];
  return zip(
    records.map(([name, data]) =>
      name.endsWith('1') ? { ...stored(name, data), packed: deflateRawSync(data), method: 8 } : stored(name, data),
    ),
  );
}

/** The pickle of a zip checkpoint, where it is stored. */
function pickleOf(zip: Uint8Array): Uint8Array {
  const buffer = Buffer.from(zip);
  const name = buffer.indexOf('/data.pkl') + '/data.pkl'.length;
  const head = buffer.lastIndexOf('PK\x03\x04', name);
  const end = buffer.lastIndexOf('PK\x01\x02', buffer.indexOf('/data.pkl', name));
  const length = buffer.readUInt32LE(end + 20);
  const start = head + 30 + buffer.readUInt16LE(head + 26) + buffer.readUInt16LE(head + 28);
  return zip.subarray(start, start + length);
}

/** Makes the header's length right again. */
function withHeaderLength(bytes: Uint8Array): Uint8Array {
  const end = Buffer.from(bytes).lastIndexOf('}', Math.min(bytes.length, 8192));
  if (end < 8) return bytes;
  const fixed = Buffer.from(bytes);
  let length = end - 7;
  while (fixed[8 + length] === 32) length++;
  fixed.writeBigUInt64LE(BigInt(length), 0);
  return fixed;
}

const written: Record<'safetensors' | 'pytorch' | 'index', Uint8Array> = {
  safetensors: new Uint8Array(),
  pytorch: new Uint8Array(),
  index: new Uint8Array(),
};

beforeAll(async () => {
  const tensors = numberedTensors(1)
    .slice(0, 3)
    .map((tensor) => ({ ...tensor, shape: [4], read: async () => new Uint8Array(16) }));
  written.safetensors = readFileSync(
    await writeSafetensors(folder.file('a.safetensors'), tensors, { metadata: { a: 'b' } }),
  );
  written.pytorch = readFileSync(await writePytorch(folder.file('a.pth'), tensors));
  written.index = readFileSync(
    await writeSafetensors(folder.file('shards.safetensors'), tensors, { maxShardBytes: 20 }),
  );
});

const protocols = [0, 1, 2, 4];
const KINDS: readonly Kind[] = [
  {
    name: 'pickles in archives with right checksums',
    originals: () => [
      ...protocols.map((p) => pickleOf(bytesOf(`pickles/objects.p${p}.pth`))),
      pickleOf(bytesOf('pickles/kinds.pth')),
    ],
    repair: zipAround,
  },
  { name: 'plain pickles', originals: () => [1, 4, 5].map((p) => bytesOf(`pickles/zoo.p${p}.pkl`)) },
  {
    name: 'legacy checkpoints',
    originals: () => [
      ...protocols.map((p) => bytesOf(`pickles/objects.p${p}.legacy.pth`)),
      bytesOf('views.legacy.pth'),
    ],
  },
  {
    name: 'archives',
    originals: () => [
      written.pytorch,
      bytesOf('deflated.pth'),
      bytesOf('views.pth'),
      bytesOf('pickles/no-checksums.pth'),
    ],
  },
  { name: 'safetensors', originals: () => [written.safetensors, bytesOf('dtypes.safetensors')] },
  {
    name: 'safetensors with the length of their header',
    originals: () => [written.safetensors],
    repair: withHeaderLength,
  },
  { name: 'indices', originals: () => [written.index] },
];

/** One to four kinds of damage. */
function damage(original: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = Buffer.from(original);
  const times = 1 + Math.floor(random() ** 2 * 4);
  for (let i = 0; i < times; i++) bytes = damageOnce(bytes, others, random);
  return bytes;
}

const GROWN = [0xff, 0x7f, 0x80, 0x00, 0x01];
/** Instructions of pickles, and marks of JSON. */
const SPECIAL = Buffer.from('()]}{tRubasQ0122\x85\x86\x87\x94\x93\x81\x92jhpgqr.NcioPIVSLF[",:-e9');

function damageOnce(bytes: Buffer, others: readonly Uint8Array[], random: Random): Buffer<ArrayBuffer> {
  const below = (n: number) => Math.floor(random() * n);
  const at = below(bytes.length + 1);
  const length = 1 + below(random() < 0.8 ? 16 : 2000);
  const copy = Buffer.from(bytes);
  switch (below(9)) {
    case 0:
      if (at < copy.length) copy[at]! ^= 1 << below(8);
      return copy;
    case 1:
      if (at < copy.length) copy[at] = SPECIAL[below(SPECIAL.length)]!;
      return copy;
    case 2:
      copy.fill(GROWN[below(GROWN.length)]!, at, Math.min(copy.length, at + 1 + below(8)));
      return copy;
    case 3:
      for (let i = at; i < Math.min(copy.length, at + length); i++) copy[i] = below(256);
      return copy;
    case 4:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
    case 5:
      return Buffer.from(bytes.subarray(0, at));
    case 6: {
      // Doubled, sometimes many times over.
      const piece = bytes.subarray(at, at + length);
      const times = random() < 0.1 ? 1 + below(3000) : 1;
      return Buffer.concat([bytes.subarray(0, at), ...Array<Uint8Array>(times).fill(piece), bytes.subarray(at)]);
    }
    case 7: {
      const other = others[below(others.length)]!;
      const from = below(other.length);
      return Buffer.concat([bytes.subarray(0, at), other.subarray(from, from + length), bytes.subarray(at)]);
    }
    default: {
      const from = below(bytes.length);
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(from, from + length), bytes.subarray(at + length)]);
    }
  }
}

/** Opens and reads everything; what is read must fit what is listed. */
async function use(input: Uint8Array | string): Promise<'read' | 'refused'> {
  let file: WeightFile;
  try {
    file = await openWeights(input);
  } catch (error) {
    if (!VisionError.isInstance(error)) throw error;
    expect(error.message.length).toBeLessThan(5000);
    return 'refused';
  }
  let outcome: 'read' | 'refused' = 'read';
  try {
    for (const [name, { shape, bytes }] of file.entries) {
      try {
        const raw = await file.readRaw(name);
        expect(raw.byteLength).toBe(bytes);
        const values = await file.read(name, { dtype: 'float64' });
        expect(values.length).toBe(shape.reduce((product, n) => product * n, 1));
      } catch (error) {
        if (!VisionError.isInstance(error)) throw error;
        outcome = 'refused';
      }
    }
  } finally {
    await file.close();
  }
  return outcome;
}

describe('damaged weight files', () => {
  it.each(KINDS)('$name', { timeout: 60_000 + 4000 * SECONDS }, async ({ name, originals, repair }) => {
    const all = originals();
    for (const original of all) expect(await use(await place(name, repair?.(original) ?? original))).toBe('read');
    const random = randomNumbers(SEED);
    const outcomes = { read: 0, refused: 0 };
    const memory = process.memoryUsage().rss;
    const end = performance.now() + (1000 * SECONDS) / KINDS.length;
    for (let round = 0; performance.now() < end; round++) {
      const damaged = damage(all[Math.floor(random() * all.length)]!, all, random);
      const input = await place(name, repair?.(damaged) ?? damaged);
      const started = performance.now();
      try {
        outcomes[await use(input)]++;
        expect(performance.now() - started).toBeLessThan(MAX_ROUND_MS);
        expect(process.memoryUsage().rss - memory).toBeLessThan(MAX_GROWTH_BYTES);
      } catch (error) {
        if (KEEP !== undefined) {
          mkdirSync(KEEP, { recursive: true });
          writeFileSync(join(KEEP, `${name.replaceAll(' ', '-')}-${SEED}-${round}`), repair?.(damaged) ?? damaged);
        }
        throw new Error(`${name}, seed ${SEED}, round ${round}: ${String(error)}`, { cause: error });
      }
    }
    if (process.env.ICCONV_FUZZ_SECONDS !== undefined) console.log(name, outcomes);
    expect(outcomes.refused).toBeGreaterThan(0);
  });
});

/** An index is read from the disk, beside its shards. */
async function place(name: string, bytes: Uint8Array): Promise<Uint8Array | string> {
  if (name !== 'indices') return bytes;
  writeFileSync(folder.file('damaged.safetensors.index.json'), bytes);
  return folder.file('damaged.safetensors.index.json');
}
