/** The documents' numbers are those of docs/performance.json. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { type BenchReport, performanceNumbers, readmeNumbers, rowsOf, withNumbers } from '../../bench/report.mjs';

const root = new URL('../../../', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), 'utf8');

const timing = (medianMs: number) => ({ medianMs, minMs: medianMs / 2, spread: 0.1, runs: 5 });
const bench = (rows: object[], versions = {}) => ({
  commit: 'abc1234',
  date: '2026-01-01T00:00:00Z',
  seconds: 60,
  loadBefore: 0.25,
  versions,
  rows: rows as never,
});
const turns = (row: object) => [
  { ...row, engine: 'icconv', ...timing(600) },
  { ...row, engine: 'onnxruntime', ...timing(800) },
  { ...row, engine: 'openvino', ...timing(1.234) },
];
const detect = (network: string) => turns({ kind: 'detect 800x1216', network });
const REPORT: BenchReport = {
  machine: { processor: 'A Processor', cores: 2, memoryGiB: 16, node: 'v22.0.0' },
  benches: {
    'inception-conv': bench([{ kind: 'forward-mean', network: 'r50-k9', ratio: 0.934, perPatternRatio: 2.36 }]),
    models: bench(
      [
        ...['800x1216', '224x224'].flatMap((size) => turns({ batch: 1, size, network: 'r50' })),
        ...turns({ batch: 1, size: '800x1216', network: 'ic-r50' }),
      ],
      { simd: 'avx2', peers: { openvino: '2026.4.1' } },
    ),
    detection: bench([
      ...['plain', 'inception', 'mask', 'cascade'].flatMap(detect),
      ...['plain', 'inception'].flatMap((network) => turns({ kind: 'step 512x512', network })),
    ]),
    pose: bench([
      ...['R50', 'IC-R101 k13'].flatMap((network) => turns({ part: 'forward', network })),
      { part: 'grouping', size: 640, people: 30, ...timing(5.3), mmpose: 5466 },
    ]),
    'tensor-ops': bench([
      { name: 'roiAlign forward 1000 RoIs, ratio 2', native: timing(11), peer: timing(397), ratio: 397 / 11 },
      { name: 'nms 20000 boxes, clustered, 80 classes', native: timing(3.6) },
    ]),
    coco: bench([
      { kind: 'bbox', name: '@icconv/coco', total: 1.149 },
      { kind: 'bbox', name: '@icconv/coco, 2 threads', total: 1 },
      { kind: 'bbox', name: 'pycocotools', total: 47.8 },
    ]),
    training: bench([{ loader: 601.4, decodingOneThread: 410 }]),
  },
};

describe('numbers from a report', () => {
  test('README has a row a number, with the peers of the same run', () => {
    const lines = readmeNumbers(REPORT).split('\n');
    expect(lines[0]).toBe('2 cores of A Processor, each beside its peers in one run, answers checked first:');
    expect(lines).toContain('| R50 to C5, 800x1216 | 600 ms | onnxruntime 800, openvino 1.2 | `pnpm bench models` |');
    expect(lines).toContain('| NMS, 20,000 boxes | 3.6 ms |  | `pnpm bench tensor-ops` |');
    expect(lines).toContain('| COCO evaluation, 500,000 boxes | 1.15 s | pycocotools 47.8 | `pnpm bench coco` |');
  });

  test('a row that was not measured is named with what measures it', () => {
    const { pose: _, ...benches } = REPORT.benches;
    expect(() => readmeNumbers({ ...REPORT, benches })).toThrow('pnpm bench --all --only pose makes it');
  });

  test('the page has every timing with its spread, and what it was measured with', () => {
    const text = performanceNumbers(REPORT);
    expect(text).toContain('`pnpm bench models`: commit abc1234; avx2; openvino 2026.4.1; load before 0.3; 60 s.');
    expect(text).toContain('| r50, batch 1, 224x224 | openvino | 1.2 | 0.62 | 10 % |');
    expect(text).toContain('| roiAlign forward 1000 RoIs, ratio 2 | peer | 397 | 199 | 10 % |');
    expect(text).not.toContain('bench training');
  });

  test('what all rows share stands once', () => {
    const output = 'set up\n{"tensorflow":"2","threads":2}\n{"bench":"x","tensorflow":"2","threads":2,"a":1}\n';
    expect(rowsOf(output)).toEqual({ versions: { tensorflow: '2', threads: 2 }, rows: [{ a: 1 }] });
  });

  test('only what stands between the marks changes', () => {
    const document = withNumbers(`before\n${withMarks('old')}\nafter\n`, 'new');
    expect(document).toBe(`before\n${withMarks('new')}\nafter\n`);
    expect(() => withNumbers('no marks', 'new')).toThrow('lacks');
  });
});

function withMarks(text: string): string {
  return `<!-- numbers: made by pnpm bench:docs -->\n${text}\n<!-- end of numbers -->`;
}

test('both documents have the marks', () => {
  for (const name of ['README.md', 'docs/performance.md']) expect(withNumbers(read(name), 'new')).toContain('new');
});

test.skipIf(!existsSync(new URL('docs/performance.json', root)))('both documents are as the file says', () => {
  const report: BenchReport = JSON.parse(read('docs/performance.json'));
  expect(read('README.md')).toBe(withNumbers(read('README.md'), readmeNumbers(report)));
  expect(read('docs/performance.md')).toBe(withNumbers(read('docs/performance.md'), performanceNumbers(report)));
});
