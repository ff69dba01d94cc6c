import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createRemote, type Remote, RemoteError, RemoteExitError } from '../../src/process';

const module = new URL('./counter.ts', import.meta.url).href;
let remote: Remote;
afterEach(() => remote?.dispose());

test('calls, results, typed arrays, errors with name and code', async () => {
  remote = await createRemote({ module, options: { start: 3 } });
  expect(remote.facts).toMatchObject({ start: 3 });
  expect(await Promise.all([remote.call('add', [1]), remote.call('add', [2])])).toEqual([4, 6]);
  expect(await remote.call('bytes', [Uint8Array.of(1, 2, 250)])).toBe(253);
  const error = await remote.call('throws', []).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({ name: 'RangeError', code: 'FAR', message: 'too far' });
});

test('a failing start is an error of the start', async () => {
  await expect(createRemote({ module, options: { start: 0, fail: true } })).rejects.toThrow('no start');
});

test('aborted calls end here and there', async () => {
  remote = await createRemote({ module, options: { start: 0 } });
  const controller = new AbortController();
  const work = remote.call('wait', [60_000], controller.signal);
  setTimeout(() => controller.abort(), 20);
  await expect(work).rejects.toThrow(/abort/i);
  // Were the other one still running, disposal would wait for it.
  await remote.dispose();
  await expect(remote.call('add', [1])).rejects.toThrow(/disposed/);
});

test('a death ends running calls, and the next call starts anew', async () => {
  remote = await createRemote({ module, options: { start: 5 } });
  await remote.call('add', [1]);
  await expect(remote.call('die', [])).rejects.toThrow(RemoteExitError);
  expect(await remote.call('add', [1])).toBe(6);
});

test('a child that is killed between calls is replaced, whenever its death shows', async () => {
  remote = await createRemote({ module, options: { start: 5 } });
  for (let round = 0; round < 4; round++) {
    process.kill((await remote.call('pid', [])) as number, 'SIGKILL');
    // From a call sent before anything can tell of the death to one sent long after.
    if (round % 4 === 1) await new Promise(setImmediate);
    if (round % 4 > 1) await sleep(round % 4 === 2 ? 2 : 50);
    expect(await Promise.all([remote.call('add', [1]), remote.call('add', [1])])).toEqual([6, 7]);
  }
});

test('a call that had begun fails when the child is killed; those behind it that had not go to the next child', async () => {
  remote = await createRemote({ module, options: { start: 5 } });
  const pid = (await remote.call('pid', [])) as number;
  const begun = remote.call('spin', [60_000]);
  begun.catch(() => {});
  await sleep(200);
  // The child's event loop is busy: it cannot begin this one.
  const waiting = remote.call('add', [1]);
  process.kill(pid, 'SIGKILL');
  await expect(begun).rejects.toMatchObject({ code: 'ICCONV_REMOTE_EXIT', name: 'RemoteExitError' });
  expect(await waiting).toBe(6);
});

test('work there does not hold up this event loop', async () => {
  remote = await createRemote({ module, options: { start: 0 } });
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  expect(await remote.call('spin', [400])).toBe('spun');
  delay.disable();
  // The median: other programs of the machine may take the processor away now and then.
  expect(delay.percentile(50) / 1e6).toBeLessThan(20);
});

test('disposal waits for running calls', async () => {
  remote = await createRemote({ module, options: { start: 0 } });
  const work = remote.call('wait', [100]);
  await remote.dispose();
  expect(await work).toBe('waited');
});

test('of several children the one with the least to do gets a call, counting what was given up on there', async () => {
  remote = await createRemote({ module, options: { start: 0 }, workers: 2 });
  const pids = await Promise.all([remote.call('pid', []), remote.call('pid', [])]);
  expect(new Set(pids).size).toBe(2);
  const controller = new AbortController();
  const spinning = remote.call('spin', [1000], controller.signal);
  await sleep(50);
  controller.abort();
  await expect(spinning).rejects.toThrow(/abort/i);
  const from = Date.now();
  // One after the other: were one sent to the busy child, it would wait there.
  for (let i = 0; i < 4; i++) await remote.call('pid', []);
  expect(Date.now() - from).toBeLessThan(900);
});

test('one of several that dies is replaced, and the others keep what they have', async () => {
  remote = await createRemote({ module, options: { start: 5 }, workers: 2 });
  await Promise.all([remote.call('add', [1]), remote.call('add', [10])]);
  await expect(remote.call('die', [])).rejects.toThrow(RemoteExitError);
  const counts = await Promise.all([remote.call('add', [0]), remote.call('add', [0])]);
  expect(counts.sort()).toEqual([15, 5]);
});

test('where one of several cannot start, none is left', async () => {
  await expect(createRemote({ module, options: { start: 0, fail: true }, workers: 3 })).rejects.toThrow('no start');
  await expect.poll(() => process.getActiveResourcesInfo().filter((kind) => kind === 'ProcessWrap')).toEqual([]);
});
