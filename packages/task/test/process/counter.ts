/** Hosted by the test of `createRemote`. */
import { setTimeout as sleep } from 'node:timers/promises';

export async function create({ start, fail }: { start: number; fail?: boolean }) {
  if (fail) throw Object.assign(new Error('no start'), { code: 'NO_START', name: 'StartError' });
  let count = start;
  return {
    facts: { start, pid: process.pid },
    methods: {
      pid: () => process.pid,
      add: (by: number) => (count += by),
      bytes: (data: Uint8Array) => data.reduce((sum, byte) => sum + byte, 0),
      throws: () => {
        throw Object.assign(new RangeError('too far'), { code: 'FAR' });
      },
      async wait(milliseconds: number, signal: AbortSignal) {
        await sleep(milliseconds, undefined, { signal });
        return 'waited';
      },
      // Keeps the child's event loop busy.
      spin(milliseconds: number) {
        for (const end = Date.now() + milliseconds; Date.now() < end; );
        return 'spun';
      },
      die: () => process.kill(process.pid, 'SIGKILL'),
    },
  };
}
