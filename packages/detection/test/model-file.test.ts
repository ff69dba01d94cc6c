import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualPattern } from '@icconv/inception-conv';
import { ModelFileError, readModel, writeModel } from '@icconv/task';
import { afterAll, expect, test } from 'vitest';
import { type FasterRcnnConfig, fasterRcnnConfig, PRESETS } from '../src';
import { DETECTION } from '../src/node';

const folder = mkdtempSync(join(tmpdir(), 'icconv-model-'));
afterAll(() => rmSync(folder, { recursive: true }));

const pattern = manualPattern({ channels: [8, 8, 16, 16, 32, 32, 64, 64], maxDilation: 3 });
const small = { block: 'basic', blocks: [2, 2, 2, 2], width: 8, conv: { kind: 'inception', pattern } } as const;
const published = { depth: 50, conv: { kind: 'inception', pattern: 'detection/ic-resnet50-k9' } } as const;

test.each([
  ...PRESETS.flatMap((preset) => [[preset, 'small', small] as const, [preset, 'published', published] as const]),
])('%s, %s backbone: there and back', async (preset, _, backbone) => {
  const config = fasterRcnnConfig({ backbone, classes: 2, preset });
  await writeModel(DETECTION, folder, { config, classes: ['a', 'b'] });
  const read = await readModel(DETECTION, folder);
  expect(read.model.config).toEqual(config);
  expect(read.model.classes).toEqual(['a', 'b']);
  expect(read.weights).toBeUndefined();
});

test('finds the weights beside it', async () => {
  writeFileSync(join(folder, 'final.safetensors'), '');
  expect((await readModel(DETECTION, folder)).weights).toBe(join(folder, 'final.safetensors'));
  writeFileSync(join(folder, 'best.safetensors'), '');
  expect((await readModel(DETECTION, join(folder, 'model.json'))).weights).toBe(join(folder, 'best.safetensors'));
});

test('faults are named with their place', async () => {
  const path = join(folder, 'model.json');
  const good = JSON.parse(readFileSync(path, 'utf8')) as { classes: string[]; config: FasterRcnnConfig };
  const faultOf = async (change: object) => {
    writeFileSync(path, JSON.stringify({ ...good, ...change }));
    const error = await readModel(DETECTION, folder).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ModelFileError);
    return (error as Error).message;
  };
  expect(await faultOf({ classes: ['a'] })).toContain('classes: must be as many as config.classes');
  expect(await faultOf({ config: { ...good.config, fpnChannels: 0 } })).toContain('config.fpnChannels: ');
  expect(await faultOf({ format: 'x' })).toContain('format: ');
  const conv = { kind: 'inception', pattern: 'detection/none' };
  expect(await faultOf({ config: { ...good.config, backbone: { depth: 18, conv } } })).toContain(
    'config.backbone.conv',
  );
  writeFileSync(path, '{');
  await expect(readModel(DETECTION, folder)).rejects.toThrow(ModelFileError);
  await expect(readModel(DETECTION, join(folder, 'nowhere'))).rejects.toThrow(/nowhere.*not found/);
});
