/** From a super-network's training over the search to a network that is trained on: whole models, on data that is made on the spot. */
import { readdirSync, readFileSync } from 'node:fs';
import { parsePattern } from '@icconv/inception-conv';
import { openWeights } from '@icconv/tensor-ops/weights';
import { describe, expect, test } from 'vitest';
import { endToEnd } from './end-to-end';
import { makeSigns, makeSquares } from './tiny-data';

const SUPER = 'super: { maxDilation: 2 }';
/** So small a step that weights stay what they were, to single precision; all pictures in it, as they are. */
const ONE_STILL_STEP = [
  ...['recipe.epochs=1', 'recipe.batchSize=4', 'recipe.learningRate=1e-12', 'recipe.warmUpSteps=0'],
  'recipe.augment={flip: 0}',
].flatMap((value) => ['--set', value]);

/** Every tensor of a file. */
async function tensors(file: string): Promise<Map<string, ArrayLike<number | bigint>>> {
  const weights = await openWeights(file);
  const all = new Map<string, ArrayLike<number | bigint>>();
  for (const name of weights.entries.keys()) all.set(name, await weights.read(name));
  await weights.close();
  return all;
}

function largestDifference(a: ArrayLike<number | bigint>, b: ArrayLike<number | bigint>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(Number(a[i]) - Number(b[i])));
  return most;
}

/** Losses of a run's epochs. */
function losses(folder: string): number[] {
  const [head, ...rows] = readFileSync(`${folder}/results.csv`, 'utf8').trim().split('\n');
  const column = head!.split(',').indexOf('train/total');
  return rows.map((row) => Number(row.split(',')[column]));
}

describe.each([
  {
    task: 'detection',
    verb: 'detect',
    prefix: 'backbone.body.',
    make: makeSquares,
    epochs: 16,
    parts: ['backbone.fpn.', 'rpn.', 'roi_heads.'],
  },
  { task: 'pose', verb: 'pose', prefix: 'backbone.', make: makeSigns, epochs: 30, parts: ['keypoint_head.'] },
])('a super-network of $task', ({ task, verb, prefix, make, epochs, parts }) => {
  const { path, icconv, fails, complained, take } = endToEnd(`search-${task}`);
  const train = ['train', task, '--config', path('train.yaml'), '--workers', '0'];

  test('is searched; what is found runs, and is trained on from where it is', async () => {
    await make(path, SUPER);
    await icconv(...train, '--output', path('super'), '--set', `recipe.epochs=${epochs}`, '--json');
    take();
    await icconv('search', '--model', path('super'), '--output', path('found'), '--json');
    const { files, layers } = JSON.parse(take());
    expect(readdirSync(path('found'))).toEqual(
      expect.arrayContaining(['model.json', 'model.safetensors', 'pattern.json', 'report.html', 'search.json']),
    );
    expect(files.every((file: string) => file.startsWith(path('found')))).toBe(true);
    const pattern = parsePattern(readFileSync(path('found', 'pattern.json'), 'utf8'));
    expect(pattern.layers.length).toBe(layers.length);
    const description = JSON.parse(readFileSync(path('found', 'model.json'), 'utf8'));
    expect(JSON.stringify(description)).not.toContain('"super"');

    // Neck and heads are the super-network's to the last bit; the backbone has the chosen taps.
    const [wide, found] = [
      await tensors(path('super', 'best.safetensors')),
      await tensors(path('found', 'model.safetensors')),
    ];
    expect([...found.keys()].sort()).toEqual([...wide.keys()].sort());
    const outside = [...wide.keys()].filter((name) => !name.startsWith(prefix));
    for (const part of parts)
      expect(
        outside.some((name) => name.startsWith(part)),
        part,
      ).toBe(true);
    for (const name of outside) expect(found.get(name), name).toEqual(wide.get(name));
    const conv = [...wide.keys()].find((name) => name.includes('layer1.0.conv2.weight'))!;
    expect(wide.get(conv)!.length / found.get(conv)!.length).toBe(25 / 9);

    await icconv(verb, path('images'), '--model', path('found'), '--json');
    expect(JSON.parse(take())).toHaveLength(4);

    await icconv(...train, '--model', path('found'), '--output', path('final'), ...ONE_STILL_STEP);
    await icconv(...train, '--output', path('random'), ...ONE_STILL_STEP);
    const goneOn = await tensors(path('final', 'final.safetensors'));
    for (const [name, values] of found) {
      // Running means of batch norms move without gradients.
      if (/running_|num_batches/.test(name)) continue;
      expect(largestDifference(values, goneOn.get(name)!), name).toBeLessThan(1e-9);
    }
    // Taps that are left away cost something, but no more than half of what was learned.
    const [final, random, learned] = [
      losses(path('final'))[0]!,
      losses(path('random'))[0]!,
      losses(path('super')).at(-1)!,
    ];
    expect(learned).toBeLessThan(0.75 * random);
    expect(final).toBeLessThan((learned + random) / 2);
    take();
    await icconv(verb, path('images', '0.png'), '--model', path('final'), '--json');
    expect(JSON.parse(take())).toHaveLength(1);
  }, 240_000);

  test('that nothing was learned by is warned of, and a network without super-kernels refused', async () => {
    await icconv(...train, '--output', path('untrained'), ...ONE_STILL_STEP);
    complained.length = 0;
    await icconv('search', '--model', path('untrained'), '--output', path('useless'));
    expect(complained).toEqual([expect.stringMatching(/^warning: these weights can't tell patterns apart/)]);
    const none = await fails('search', '--model', path('found'), '--output', path('useless'));
    expect(none).toMatch(
      /^search: model must be a network with super-kernels: a training with model\.super makes one, received ".*found"$/,
    );
  }, 60_000);
});
