/** Configurations of trainings changed at random. Longer with ICCONV_FUZZ_SECONDS. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@icconv/base/config';
import { DETECTION } from '@icconv/detection/node';
import { searchSchema } from '@icconv/edo/node';
import { POSE } from '@icconv/pose/node';
import { trainingSchema } from '@icconv/task';
import { fuzz, fuzzSeconds, mutateText } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';

const SECONDS = fuzzSeconds(6);
const folder = mkdtempSync(join(tmpdir(), 'icconv-config-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

const training = (config: string) => `preset: small
# a comment
model:
  backbone: { block: basic, blocks: [1, 1, 1, 1], width: 8 }
  config: ${config}
data:
  train: &data { annotations: base.json, images: images }
  val: *data
recipe: { epochs: 2, batchSize: 2, augment: { flip: 0.5, resize: { shortest: [64, 96] } } }
output: run
`;

test.each([
  ['detection', trainingSchema(DETECTION), training('{ input: { minSize: 64, maxSize: 64 } }')],
  ['pose', trainingSchema(POSE), training('{ input: { size: 64 }, loss: { push: 0.1 } }')],
  [
    'search',
    searchSchema,
    'weights: w.pth\nbackbone: { depth: 18 }\nmaxDilation: 4\nconstraints: { shares: [{ dilation: [1, 2], min: 0.1 }] }\noutput: found\n',
  ],
])('changed configurations of %s', { timeout: 60_000 + SECONDS * 1000 }, async (_, schema, seed) => {
  const path = join(folder, 'c.yaml');
  const counts = await fuzz({
    seconds: SECONDS / 3,
    seeds: [seed],
    mutate: mutateText,
    async read(text) {
      writeFileSync(path, text);
      await readConfig(path, schema);
    },
  });
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});
