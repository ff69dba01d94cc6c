/** Descriptions of models changed at random. Longer with ICCONV_FUZZ_SECONDS. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualPattern } from '@icconv/inception-conv';
import { resnetConfig } from '@icconv/models';
import { readModel, writeModel } from '@icconv/task';
import { fuzz, fuzzSeconds, mutateText } from '@icconv/test-utils';
import { afterAll, expect, test } from 'vitest';
import { fasterRcnnShapes } from '../network/shapes';
import { DETECTION } from '../task/detection-task';
import { fasterRcnnConfig } from './presets';

const SECONDS = fuzzSeconds(5);
const folder = mkdtempSync(join(tmpdir(), 'icconv-model-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('changed model.json', { timeout: 60_000 + SECONDS * 1000 }, async () => {
  const pattern = manualPattern({ channels: [64, 64, 128, 128, 256, 256, 512, 512] });
  const backbone = resnetConfig(18, { conv: { kind: 'inception', pattern } });
  const config = fasterRcnnConfig({ backbone, classes: 2 });
  const path = await writeModel(DETECTION, folder, { config, classes: ['a', 'b'] });
  const counts = await fuzz({
    seconds: SECONDS,
    seeds: [readFileSync(path, 'utf8')],
    mutate: mutateText,
    async read(text) {
      writeFileSync(path, text);
      const { model } = await readModel(DETECTION, folder);
      const weights = Object.values(fasterRcnnShapes(model.config)).map((shape) => shape.reduce((a, b) => a * b, 1));
      if (!weights.every((count) => Number.isSafeInteger(count) && count > 0)) throw new Error('weights');
    },
  });
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});
