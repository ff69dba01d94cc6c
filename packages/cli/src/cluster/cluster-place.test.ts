import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { clusterPlace } from './cluster-place';
import { gpuOf } from './launch-workers';

const folder = mkdtempSync(join(tmpdir(), 'icconv-cluster-'));
afterAll(() => rmSync(folder, { recursive: true }));
const workers = ['a:1', 'b:1'];
const file = join(folder, 'cluster.json');
writeFileSync(file, JSON.stringify({ cluster: { worker: workers } }));
const TF_CONFIG = JSON.stringify({ cluster: { worker: workers }, task: { type: 'worker', index: '1' } });

test('a place is in a file, in the environment, or in both', async () => {
  expect(await clusterPlace({}, {})).toBeUndefined();
  expect(await clusterPlace({}, { TF_CONFIG })).toEqual({ workers, index: 1 });
  expect(await clusterPlace({ clusterIndex: 0 }, { TF_CONFIG })).toEqual({ workers, index: 0 });
  expect(await clusterPlace({ cluster: file, clusterIndex: 1 }, {})).toEqual({ workers, index: 1 });
});

test.each([
  [{ cluster: file }, {}, 'cluster.json: has no task.index, and there is no --cluster-index'],
  [{ clusterIndex: 1 }, {}, '--cluster-index says nothing without --cluster or TF_CONFIG'],
  [{}, { TF_CONFIG: '{' }, 'TF_CONFIG: is no JSON'],
  [{}, { TF_CONFIG: '{"cluster":{"worker":["a:1"],"ps":["b:1"]}}' }, 'TF_CONFIG: cluster: Unrecognized key: "ps"'],
  [{}, { TF_CONFIG: '{"cluster":{"worker":["a:1"]},"task":{"type":"chief","index":0}}' }, 'TF_CONFIG: task.type'],
])('%j with %j is refused', async (flags, environment, message) => {
  await expect(clusterPlace(flags, environment)).rejects.toThrow(message);
});

test('workers have GPUs of their own where these are enough', () => {
  expect(gpuOf(1, 2, ['0', '3'])).toEqual({ CUDA_VISIBLE_DEVICES: '3' });
  expect(gpuOf(1, 2, ['0'])).toEqual({});
  expect(gpuOf(0, 2, [])).toEqual({});
});
