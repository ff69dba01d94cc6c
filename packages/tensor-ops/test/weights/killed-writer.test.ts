import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundled } from '@icconv/test-utils';
import { describe, expect, it } from 'vitest';
import { openWeights, writeSafetensors } from '../../src/weights';
import { randomNumbers, temporaryFolder } from './helpers';
import { numberedTensors } from './numbered-tensors';

const KILLS = 10;
const SEED = 20261128;
const folder = temporaryFolder();
const script = await bundled(fileURLToPath(new URL('./killed-writer.ts', import.meta.url)));
const index = folder.file('model.safetensors.index.json');
const shards = () => folder.list().filter((name) => name.endsWith('.safetensors'));

/** The numbers that the tensors hold. */
async function runs(): Promise<number[]> {
  const file = await openWeights(index);
  const found = new Set<number>();
  for (const name of file.entries.keys()) for (const value of await file.read(name)) found.add(value);
  expect(file.entries.size).toBe(12);
  await file.close();
  return [...found];
}

function startWriter(first: number) {
  return spawn(process.execPath, [script, folder.file('.'), String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
}

describe('shards that are written over older ones', () => {
  it(`${KILLS} kills within the writing: the index names the tensors of one run, never of two`, {
    timeout: 300_000,
  }, async () => {
    await writeSafetensors(folder.file('model.safetensors'), numberedTensors(0), { maxShardBytes: 300_000 });
    const random = randomNumbers(SEED);
    let last = 0;
    let moved = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const writer = startWriter(last + 1);
      // Every other one after a whole run, so that there are shards to be replaced.
      let said = '';
      while (!said.includes(kill % 2 === 0 ? 'ready' : 'written')) said += (await once(writer.stdout, 'data')).join();
      await setTimeout(random() * 120);
      writer.kill('SIGKILL');
      await once(writer, 'close');
      const found = await runs();
      expect(found, `after kill ${kill}`).toHaveLength(1);
      expect(found[0]).toBeGreaterThanOrEqual(last);
      if (found[0]! > last) moved++;
      last = found[0]!;
    }
    expect(moved).toBeGreaterThanOrEqual(KILLS / 2);
  });

  it('the next run removes the shards of the run before, and nothing else', async () => {
    for (const name of shards()) rmSync(folder.file(name));
    rmSync(index, { force: true });
    const write = (run: number) =>
      writeSafetensors(folder.file('model.safetensors'), numberedTensors(run), { maxShardBytes: 300_000 });
    await write(1);
    const first = shards();
    writeFileSync(folder.file('model-other.safetensors'), 'not ours');
    writeFileSync(folder.file('other-00001-of-00002.safetensors'), 'not ours');
    await write(2);
    expect(shards().filter((name) => first.includes(name))).toEqual([]);
    expect(existsSync(folder.file('model-other.safetensors'))).toBe(true);
    expect(existsSync(folder.file('other-00001-of-00002.safetensors'))).toBe(true);
    expect(await runs()).toEqual([2]);
  });

  it('a writing that fails leaves the older shards and no others', async () => {
    const before = folder.list();
    const broken = numberedTensors(3);
    broken[9] = { ...broken[9]!, read: () => Promise.reject(new Error('gone')) };
    const writing = writeSafetensors(folder.file('model.safetensors'), broken, { maxShardBytes: 300_000 });
    await expect(writing).rejects.toThrow('gone');
    expect(readdirSync(folder.file('.'))).toEqual(before);
    expect(await runs()).toEqual([2]);
  });
});

describe('the place of a shard', () => {
  it.each([
    ['../model.safetensors'],
    ['/etc/passwd'],
    ['file:///etc/passwd'],
    ['https://example.org/x.safetensors'],
    ['C:x.safetensors'],
    ['a\u0000b'],
    ['a\nb'],
    ['.'],
    [''],
  ])('is inside the folder: %j is refused', async (name) => {
    const path = folder.file('evil.safetensors.index.json');
    writeFileSync(path, JSON.stringify({ weight_map: { w: name } }));
    await expect(openWeights(path)).rejects.toMatchObject({ code: 'ICCONV_WEIGHT_FORMAT' });
  });

  it('is inside the folder also behind a symbolic link', async () => {
    const elsewhere = temporaryPlace();
    await writeSafetensors(elsewhere, numberedTensors(9));
    symlinkSync(elsewhere, folder.file('link.safetensors'));
    const path = folder.file('linked.safetensors.index.json');
    writeFileSync(path, JSON.stringify({ weight_map: { 'layer0.weight': 'link.safetensors' } }));
    await expect(openWeights(path)).rejects.toThrow('it is a symbolic link to');
    rmSync(elsewhere);
  });
});

const temporaryPlace = () => `${folder.file('.')}-elsewhere.safetensors`.replace('/.-', '-');
