/** Workers on machines of their own, as far as the network goes: namespaces with a cable between them, which only root can lay. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workerProcesses } from '@icconv/test-utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInstalled } from '../../src/installed/installed-engine';
import { findTfjsNode } from '../../src/installed/tfjs-node';

const tfjsNode = findTfjsNode();
const present = tfjsNode !== undefined && (await readInstalled(tfjsNode)) !== undefined;
const script = fileURLToPath(new URL('./worker.ts', import.meta.url));

const ip = (...args: string[]) => spawnSync('ip', args, { encoding: 'utf8' });
const names = [0, 1].map((i) => `icconv-${process.pid}-${i}`);
const cables = [0, 1].map((i) => `ic${process.pid % 1_000_000}-${i}`);
const hosts = ['10.213.7.1', '10.213.7.2'];

/** Lays the cable. @returns whether that is allowed here. */
function connect(): boolean {
  const steps = [
    ...names.map((name) => ['netns', 'add', name]),
    ['link', 'add', cables[0]!, 'type', 'veth', 'peer', 'name', cables[1]!],
    ...[0, 1].flatMap((i) => [
      ['link', 'set', cables[i]!, 'netns', names[i]!],
      ['-n', names[i]!, 'addr', 'add', `${hosts[i]}/24`, 'dev', cables[i]!],
      ['-n', names[i]!, 'link', 'set', 'lo', 'up'],
      ['-n', names[i]!, 'link', 'set', cables[i]!, 'up'],
    ]),
  ];
  return steps.every((step) => ip(...step).status === 0);
}

describe.skipIf(!present || process.getuid?.() !== 0)('workers on two machines', () => {
  let allowed = false;
  beforeAll(() => {
    allowed = connect();
  });
  // What is in a namespace goes with it.
  afterAll(() => {
    for (const name of names) ip('netns', 'del', name);
  });
  const addresses = hosts.map((host) => `${host}:7070`);
  const lists = (scenario: string) => addresses.map((_, index) => [scenario, String(index), addresses.join()]);
  const within = (index: number) => ['ip', 'netns', 'exec', names[index]!];

  it('exchange values', { timeout: 240_000 }, async (context) => {
    if (!allowed) context.skip('network namespaces are not allowed here');
    const ends = await workerProcesses(script, lists('bits'), undefined, { within });
    expect(ends.map(({ result, stderr }) => ({ result, stderr }))).toEqual(
      ends.map(() => ({ result: { alike: 1 }, stderr: '' })),
    );
  });

  it('end within 30 s of the loss of the link, and name each other', { timeout: 240_000 }, async (context) => {
    if (!allowed) context.skip('network namespaces are not allowed here');
    let at = 0;
    const cut = async (processes: Parameters<NonNullable<Parameters<typeof workerProcesses>[2]>>[0]) => {
      await Promise.all(processes.map((each) => each.saw('under way')));
      ip('-n', names[0]!, 'link', 'set', cables[0]!, 'down');
      at = Date.now();
    };
    const ends = await workerProcesses(script, lists('lost'), cut, { within });
    for (const [index, end] of ends.entries()) {
      const other = 1 - index;
      expect((end.at - at) / 1000).toBeLessThan(30);
      expect(end.result).toMatchObject({ error: { code: 'ICCONV_CLUSTER', workers: [other] } });
      expect((end.result as { error: Error }).error.message).toContain(`worker ${other} (${addresses[other]}) is lost`);
    }
  });
});
