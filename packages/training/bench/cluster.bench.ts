/**
 * pnpm bench cluster [--json]
 *
 * One and two workers of one thread on this machine: the time of a step that computes as long with or without others, and of the mean of 160 MB of
 * gradients over both, beside torch's by gloo in the buckets of its DistributedDataParallel where there is Python.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { workersTogether } from '@icconv/test-utils';
import { pythonEnv } from '../../../tooling/bench/python-env.mjs';

interface Measured {
  readonly megabytes: number;
  readonly stepMs: number;
  readonly exchangeMs: number;
  readonly bothMs: number;
}

export async function benchCluster(json: boolean): Promise<void> {
  const script = fileURLToPath(new URL('./cluster-worker.ts', import.meta.url));
  const measured: Measured[] = [];
  for (const size of [1, 2]) measured.push((await workersTogether(script, size, []))[0]!.result as Measured);
  const [one, two] = measured as [Measured, Measured];
  const peerMs = await gloo(two.megabytes);
  const figures = {
    ...{ megabytes: two.megabytes, oneStepMs: one.stepMs, twoStepMs: two.bothMs, exchangeMs: two.exchangeMs, peerMs },
    ...{ exchangeShare: two.exchangeMs / two.bothMs, megabytesPerSecond: two.megabytes / (two.exchangeMs / 1000) },
  };
  if (json) {
    console.log(JSON.stringify({ bench: 'cluster', ...figures }));
    return;
  }
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  console.log(`step of one worker ${ms(one.stepMs)}; of two, which both compute as much, ${ms(two.bothMs)}`);
  console.log(
    `mean of ${two.megabytes.toFixed(0)} MB over two ${ms(two.exchangeMs)}, ${figures.megabytesPerSecond.toFixed(0)} MB/s, ` +
      `${(100 * figures.exchangeShare).toFixed(0)}% of the step; torch by gloo ${peerMs === undefined ? 'not there' : ms(peerMs)}`,
  );
}

const GLOO = `
import os, sys, time, torch, torch.distributed as dist, torch.multiprocessing as mp
def work(rank, port, megabytes, out):
    torch.set_num_threads(1)
    os.environ.update(MASTER_ADDR='127.0.0.1', MASTER_PORT=str(port))
    dist.init_process_group('gloo', rank=rank, world_size=2)
    buckets = [torch.full((6250000,), float(rank)) for _ in range(max(1, round(megabytes / 25)))]
    times = []
    for _ in range(8):
        begun = time.perf_counter()
        for handle in [dist.all_reduce(bucket, async_op=True) for bucket in buckets]: handle.wait()
        for bucket in buckets: bucket.div_(2)
        times.append(time.perf_counter() - begun)
    if rank == 0: out.put(sorted(times[1:])[3] * 1000)
    dist.destroy_process_group()
if __name__ == '__main__':
    import socket
    with socket.socket() as s: s.bind(('127.0.0.1', 0)); port = s.getsockname()[1]
    out = mp.get_context('fork').SimpleQueue()
    mp.start_processes(work, (port, float(sys.argv[1]), out), 2, start_method='fork')
    print(out.get())
`;

/** Milliseconds of torch's all-reduce between two processes of one thread; undefined without Python. */
async function gloo(megabytes: number): Promise<number | undefined> {
  const requirements = new URL('../../../tooling/bench/torchvision/requirements.txt', import.meta.url);
  const python = await pythonEnv({ requirements, modules: ['torch'] });
  if (python === undefined) return undefined;
  return Number(execFileSync(python, ['-c', GLOO, String(megabytes)], { encoding: 'utf8' }));
}
