/**
 * pnpm bench cluster [--json]
 *
 * Two workers of one thread on this machine: a step of one alone and of both, with the exchange of 160 MB of gradients after the backward
 * pass and during it; the mean of the same alone, beside torch's by gloo in the buckets of its DistributedDataParallel where there is
 * Python. All take turns in one run; the figures are medians. Last, what more workers would make of it.
 */
import { fileURLToPath } from 'node:url';
import { workersTogether } from '@icconv/test-utils';
import { pythonEnv } from '../../../tooling/bench/python-env.mjs';
import { type MeasuredExchange, scalingTable } from './scaling';

interface Measured extends MeasuredExchange {
  readonly aloneMs: number;
  readonly togetherMs: number;
  readonly afterMs: number;
  readonly duringMs: number;
  readonly peerMs?: number;
}

export async function benchCluster(json: boolean): Promise<void> {
  const script = fileURLToPath(new URL('./cluster-worker.ts', import.meta.url));
  const requirements = new URL('../../../tooling/bench/torchvision/requirements.txt', import.meta.url);
  const python = await pythonEnv({ requirements, modules: ['torch'] });
  const [first] = await workersTogether(script, 2, [python ?? ''], { timeoutMs: 600_000 });
  const measured = first!.result as Measured;
  const { megabytes, exchangeMs, aloneMs, togetherMs, afterMs, duringMs, latencyMs, peerMs } = measured;
  if (json) {
    console.log(JSON.stringify({ bench: 'cluster', ...measured }));
    return;
  }
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const share = (whole: number) => `${((100 * (whole - togetherMs)) / whole).toFixed(0)}% of it for the exchange`;
  console.log(`step of one worker ${ms(aloneMs)}; of two at a time ${ms(togetherMs)}`);
  console.log(`with the exchange after the backward pass ${ms(afterMs)}, ${share(afterMs)}`);
  console.log(`with the exchange during the backward pass ${ms(duringMs)}, ${share(duringMs)}`);
  const rate = `${(megabytes / (exchangeMs / 1000)).toFixed(0)} MB/s`;
  const beside =
    peerMs === undefined ? 'not there' : `${ms(peerMs)}, which is ${(exchangeMs / peerMs).toFixed(1)} times as fast`;
  console.log(`mean of ${megabytes.toFixed(0)} MB over two ${ms(exchangeMs)}, ${rate}; torch by gloo ${beside}`);
  console.log(`mean of one number ${latencyMs.toFixed(1)} ms`);
  console.log(`\nshare of the ideal speed, from these figures:\n${scalingTable(measured)}`);
}
