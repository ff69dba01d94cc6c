/** Workers in processes of their own, on this machine. */

import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePorts, type WorkerProcess, workerProcesses } from '@icconv/test-utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { joinCluster } from '../../src/collectives';
import { readInstalled } from '../../src/installed/installed-engine';
import { findTfjsNode } from '../../src/installed/tfjs-node';

const tfjsNode = findTfjsNode();
const present = tfjsNode !== undefined && (await readInstalled(tfjsNode)) !== undefined;
const required = process.env.ICCONV_REQUIRE_BACKENDS?.includes('native') ?? false;
const script = fileURLToPath(new URL('./worker.ts', import.meta.url));
const TIMEOUT = { timeout: 240_000 };

let workers: string[];
async function run(scenario: string, size: number, watch?: (workers: readonly WorkerProcess[]) => Promise<void>) {
  workers = (await freePorts(size)).map((port) => `127.0.0.1:${port}`);
  const lists = workers.map((_, index) => [scenario, String(index), workers.join()]);
  return workerProcesses(script, lists, watch);
}

describe.skipIf(!present && !required)('a cluster', () => {
  const results = async (scenario: string, size: number) => {
    const ends = await run(scenario, size);
    expect(ends.map(({ code, stderr }) => ({ code, stderr }))).toEqual(ends.map(() => ({ code: 0, stderr: '' })));
    return ends.map(({ result }) => result as Record<string, unknown>);
  };

  it.each([2, 3])('of %i has the values that it should', TIMEOUT, async (size) => {
    const all = await results('values', size);
    const mean = (size - 1) / 2;
    for (const [index, result] of all.entries()) {
      expect(result).toEqual({
        size,
        index,
        short: Array.from({ length: size }, (_, i) => `from ${i}`),
        long: Array.from({ length: size }, (_, i) => 3000 * (i + 1)),
        means: [
          [[2, 3], 'float32', [1 + mean]],
          [[], 'float32', [10 * mean]],
          [[1_500_000], 'float32', [mean]],
          [[0], 'float32', []],
        ],
        received: [
          ['float32', [42, 42]],
          ['int32', [7, 8]],
        ],
        gathered: [
          [size, 2],
          Array.from({ length: size }, (_, i) => [i, i]).flat(),
          'int32',
          Array.from({ length: size }, (_, i) => [i, 0 - i]).flat(),
        ],
        peers: [],
      });
    }
  });

  it('keeps a thousand calls apart, and no tensor', TIMEOUT, async () => {
    expect(await results('many', 2)).toEqual([0, 1].map(() => ({ wrong: 0, leaked: 0 })));
  });

  it('gives all workers the same bits', TIMEOUT, async () => {
    expect(await results('bits', 3)).toEqual([0, 1, 2].map(() => ({ alike: 1 })));
  });

  it('refuses what it cannot move, a second place, and what comes after its end', TIMEOUT, async () => {
    for (const result of await results('refusals', 2)) {
      expect(result).toMatchObject({
        reduce: { code: 'ICCONV_INVALID_ARGUMENT', message: expect.stringContaining('float32, received "int32"') },
        broadcast: { code: 'ICCONV_INVALID_ARGUMENT' },
        again: { message: expect.stringContaining('call joinCluster once') },
        closed: { code: 'ICCONV_CLUSTER', message: 'cluster: it has been closed' },
      });
    }
  });

  it.each([
    ['SIGKILL', 1],
    ['SIGKILL', 0],
    ['SIGSTOP', 1],
  ] as const)('after %s of worker %i: the others say so within 30 s', TIMEOUT, async (signal, victim) => {
    let at = 0;
    const ends = await run('lost', 3, async (processes) => {
      await Promise.all(processes.map((each) => each.saw('under way')));
      processes[victim]!.process.kill(signal);
      at = Date.now();
      const others = processes.filter((_, index) => index !== victim);
      await Promise.all(others.map(({ end }) => end));
      processes[victim]!.process.kill('SIGKILL');
    });
    for (const [index, end] of ends.entries()) {
      if (index === victim) continue;
      expect((end.at - at) / 1000).toBeLessThan(30);
      const { error, later } = end.result as Record<'error' | 'later', { message: string; workers: number[] }>;
      expect(error.message).toContain(`cluster: worker ${victim} (${workers[victim]}) is lost`);
      expect(error.workers).toEqual([victim]);
      expect(later).toEqual(error);
    }
  });

  it('is patient with a worker that is busy', TIMEOUT, async () => {
    expect(await results('slow', 2)).toEqual(['well', 'well']);
  });

  it('ends where one ends it', TIMEOUT, async () => {
    const [first, second, third] = await results('ends', 3);
    const name = `worker 1 (${workers[1]})`;
    expect(second).toMatchObject({ error: { message: 'cluster: no such picture', workers: [1] } });
    for (const result of [first, third]) {
      expect(result).toMatchObject({ error: { workers: [1], message: expect.stringContaining(`${name} is lost`) } });
    }
  });

  it('waits no longer than it is told to', TIMEOUT, async () => {
    const [first] = await results('late', 2);
    expect(first).toMatchObject({
      error: { code: 'ICCONV_CLUSTER', message: expect.stringContaining('all workers answer, but not to this call') },
    });
  });

  it('names who does not come', TIMEOUT, async () => {
    const [port, other] = await freePorts(2);
    const addresses = `127.0.0.1:${port},127.0.0.1:${other}`;
    const [end] = await workerProcesses(script, [['alone', '0', addresses]]);
    expect(end!.result).toMatchObject({
      error: {
        code: 'ICCONV_CLUSTER',
        workers: [1],
        message: `cluster: worker 0 (127.0.0.1:${port}) waited 2 s in vain for worker 1 (127.0.0.1:${other})`,
      },
    });
  });

  it('says that its port is taken', TIMEOUT, async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const [end] = await workerProcesses(script, [['alone', '0', `127.0.0.1:${port},127.0.0.1:1`]]);
    server.close();
    expect(end).toMatchObject({ code: 0, result: { error: { code: 'ICCONV_CLUSTER', workers: [0] } } });
    expect((end!.result as { error: Error }).error.message).toContain(`worker 0 (127.0.0.1:${port}) cannot enter`);
  });

  it('is not entered by a process in which TensorFlow already runs', TIMEOUT, async () => {
    const [end] = await workerProcesses(script, [['started', '0', '127.0.0.1:1,127.0.0.1:2']]);
    expect((end!.result as { error: Error }).error.message).toContain('TensorFlow already runs in this process');
  });
});

describe('joinCluster', () => {
  let join: (options: object) => Promise<unknown>;
  beforeAll(() => {
    join = (options) => joinCluster({ workers: ['a:1', 'b:1'], index: 0, ...options });
  });
  it.each([
    [{ workers: [] }, 'workers must be at least one address'],
    [{ workers: ['a'] }, 'workers must be addresses host:port, received "a"'],
    [{ workers: ['a:1,b:2'] }, 'addresses host:port'],
    [{ workers: ['a:1', 'a:1'] }, 'there once'],
    [{ index: 2 }, 'index must be a whole number from 0 to 1, received 2'],
    [{ index: undefined }, 'index must be a whole number'],
    [{ timeoutSeconds: 0 }, 'timeoutSeconds must be a number of seconds above 0'],
    [{ checkSeconds: Number.POSITIVE_INFINITY }, 'checkSeconds'],
  ])('refuses %j', async (options, message) => {
    await expect(join(options)).rejects.toThrow(message);
  });
});
