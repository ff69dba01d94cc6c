/**
 * Faulty files by the thousand: each gives a typed error or plausible values, soon, in little memory.
 *
 * `ICCONV_FUZZ_SECONDS` says how long (some seconds by default), `ICCONV_FUZZ_SEED` where to begin; a failure names the seed of its case.
 */
import { VisionError } from '@icconv/base';
import { FUZZ_SEED, FuzzRandom, fuzzSeconds } from '@icconv/test-utils';
import { expect, test } from 'vitest';
import { CocoDataset, CocoResults, checkDataset, evaluate, formatCheck, formatSummary, rleToCoco } from '../src/index';

const SECONDS = fuzzSeconds(8);
/** One case takes milliseconds; what takes so long would not end. */
const MOST_SECONDS_A_CASE = 10;
const MOST_BYTES = 1.5 * 2 ** 30;

const square = [10, 10, 40, 10, 40, 40, 10, 40];
const keypoints = [12, 12, 2, 30, 14, 2, 0, 0, 0];
const COMPRESSED = rleToCoco({ height: 50, width: 60, counts: Uint32Array.of(500, 20, 2480) });
const GROUND = {
  info: { year: 2024, score: 1e-7 },
  images: [
    { id: 1, width: 60, height: 50, file_name: 'a.jpg' },
    { id: 'left', width: 60, height: 50, file_name: '\u00e9.jpg' },
  ],
  categories: [
    { id: 1, name: 'a', keypoints: ['x', 'y', 'z'], skeleton: [[1, 2]] },
    { id: 2, name: 'b' },
  ],
  annotations: [
    {
      id: 1,
      image_id: 1,
      category_id: 1,
      bbox: [10, 10, 30, 30],
      area: 900,
      iscrowd: 0,
      segmentation: [square],
      keypoints,
      num_keypoints: 2,
    },
    {
      id: 2,
      image_id: 'left',
      category_id: 1,
      bbox: [5, 5, 9.5, 9],
      area: 85.5,
      iscrowd: 0,
      segmentation: { size: [50, 60], counts: [500, 20, 2480] },
      keypoints,
      num_keypoints: 2,
      note: { deep: [1, null] },
    },
    {
      id: 3,
      image_id: 1,
      category_id: 2,
      bbox: [0, 0, 60, 50],
      area: 3000,
      iscrowd: 1,
      ignore: 0,
      segmentation: COMPRESSED,
      keypoints,
      num_keypoints: 2,
    },
  ],
};
const RESULTS = [
  { image_id: 1, category_id: 1, bbox: [11, 10, 30, 30], score: 0.9, segmentation: [square], keypoints },
  {
    image_id: 'left',
    category_id: 1,
    bbox: [5, 6, 9, 9],
    score: 1.5e-3,
    segmentation: { size: [50, 60], counts: [490, 30, 2480] },
    keypoints,
  },
  {
    image_id: 1,
    category_id: 2,
    bbox: [1, 1, 4, 4],
    score: 0.5,
    segmentation: COMPRESSED,
    keypoints,
  },
];

function generator(seed: number): (below: number) => number {
  const random = new FuzzRandom(seed);
  return (below) => random.int(0, below - 1);
}

const VALUES = [
  'null',
  'true',
  'NaN',
  'Infinity',
  '-Infinity',
  '1e999',
  '-1',
  '0',
  '-0',
  '0.5',
  '1e-320',
  '1e12',
  '1e9',
  '2147483647',
  '4294967296',
  '9007199254740993',
  '18446744073709551616',
  '1e20',
  '""',
  '"1"',
  '"000001"',
  '"\\ud800"',
  '"__proto__"',
  '[]',
  '{}',
  '[[]]',
  '[1]',
  '[null]',
  '[1,2,3,4]',
  '[1,2,3,4,5,6]',
  '[1e9,1e9,-1e9,3,5,1e12]',
  '[[0,0,1e9,0,1e9,1e9]]',
  '{"size":[50,60],"counts":"P"}',
  '{"size":[1000000000,1000000000],"counts":[0]}',
  '{"size":[46340,46340],"counts":[2147395600]}',
  '{"size":[60,50],"counts":[3000]}',
  '{"a":1,"a":2}',
  '{"__proto__":{"x":1}}',
  `${'['.repeat(600)}${']'.repeat(600)}`,
  `${'['.repeat(9)}${']'.repeat(9)}`,
  '[{}]',
  '7 7',
  ',',
] as const;

/** A value of the text: a list, an object, a string or a word, by its brackets and commas. */
function spans(text: string): [number, number][] {
  const found: [number, number][] = [];
  const open: number[] = [];
  const tokens = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]|[^\s,:[\]{}"]+/g;
  for (const match of text.matchAll(tokens)) {
    const [token] = match;
    if (token === '[' || token === '{') open.push(match.index);
    else if (token === ']' || token === '}') found.push([open.pop() ?? 0, match.index + 1]);
    else found.push([match.index, match.index + token.length]);
  }
  return found;
}

function mutate(text: string, random: (below: number) => number): string {
  const at = random(text.length + 1);
  const to = Math.min(text.length, at + 1 + random(30));
  switch (random(8)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, to) + text.slice(at, to) + text.slice(to);
    case 3:
      return random(10) === 0 ? text.slice(0, at) : text;
    default: {
      const list = spans(text);
      const [from, stop] = list[random(list.length)] ?? [0, 0];
      const [otherFrom, otherStop] = list[random(list.length)] ?? [0, 0];
      const value = random(4) === 0 ? text.slice(otherFrom, otherStop) : VALUES[random(VALUES.length)]!;
      return text.slice(0, from) + value + text.slice(stop);
    }
  }
}

/** Runs everything that takes a file. Returns how far it came. */
function use(groundText: string, resultsText: string, random: (below: number) => number): number {
  let stage = 0;
  try {
    const gt = CocoDataset.parse(groundText);
    stage++;
    gt.loadImgs(gt.getImgIds());
    for (let row = 0; row < gt.annotationCount; row++) gt.annotation(row);
    const written = [...gt.toJsonPieces()].join('');
    JSON.parse(written);
    expect([...CocoDataset.parse(written).toJsonPieces()].join('')).toBe(written);
    const results = CocoResults.parse(new TextEncoder().encode(resultsText));
    stage++;
    formatCheck(checkDataset(gt, { results }));
    const iouType = (['bbox', 'segm', 'keypoints'] as const)[random(3)]!;
    const evaluation = evaluate(gt, results, {
      iouType,
      sigmas: [0.1, 0.1, 0.1],
      useCats: random(4) > 0,
      unknownImages: random(2) === 0 ? 'ignore' : 'error',
      compat: random(3) === 0 ? 'pycocotools' : 'none',
    });
    formatSummary(evaluation);
    stage++;
    for (const value of Object.values(evaluation.stats)) expect(value === -1 || (value >= 0 && value <= 1)).toBe(true);
    for (const id of gt.getAnnIds()) gt.annToMask(id);
    stage++;
  } catch (error) {
    if (!VisionError.isInstance(error)) throw error;
    expect(error.message.length).toBeLessThan(1000);
  }
  return stage;
}

test(
  'mutated files give typed errors or plausible values',
  () => {
    const end = performance.now() + SECONDS * 1000;
    const stages = [0, 0, 0, 0, 0];
    let slowest = 0;
    let seed = FUZZ_SEED;
    for (; performance.now() < end; seed++) {
      const random = generator(seed);
      let [ground, results] = [JSON.stringify(GROUND), JSON.stringify(RESULTS)];
      for (let i = random(2); i >= 0; i--) {
        if (random(2) === 0) ground = mutate(ground, random);
        else results = mutate(results, random);
      }
      const before = performance.now();
      try {
        stages[use(ground, results, random)]!++;
      } catch (cause) {
        throw new Error(`ICCONV_FUZZ_SEED=${seed}: ${(cause as Error).message}\n${ground}\n${results}`, { cause });
      }
      slowest = Math.max(slowest, performance.now() - before);
      expect(slowest, `ICCONV_FUZZ_SEED=${seed}`).toBeLessThan(MOST_SECONDS_A_CASE * 1000);
      expect(process.memoryUsage().rss, `ICCONV_FUZZ_SEED=${seed}`).toBeLessThan(MOST_BYTES);
    }
    // Both kinds of outcome must occur, or this tests nothing.
    if (SECONDS >= 5) expect(Math.min(stages[0]!, stages[4]!)).toBeGreaterThan(5);
    console.log(`${seed - FUZZ_SEED} files; stages ${stages.join(', ')}; slowest ${slowest.toFixed(0)} ms`);
  },
  SECONDS * 1000 + 60_000,
);
