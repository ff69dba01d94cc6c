// pnpm bench server [--model NAME] [--workers N] [--seconds N] [--json]: `icconv serve` under closed loops of 1, 4 and 16 clients that send one
// picture after the other; throughput, latencies, and those of the health check meanwhile.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import sharp from 'sharp';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { values } = parseArgs({
  options: {
    model: { type: 'string', default: join(ROOT, 'examples/digits/model') },
    workers: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});
const { model, workers, json } = values;
const seconds = Number(values.seconds);

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const bin = join(ROOT, 'packages/cli/src/bin.ts');
const serve = ['serve', '--model', model, '--workers', workers, '--port', '0', '--queue', '64', '--json'];
const server = spawn(process.execPath, ['--import', tsx, '--conditions=icconv-source', bin, ...serve], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
let address;
for await (const line of createInterface(server.stderr)) {
  address = /POST (http:\S+)$/.exec(line)?.[1];
  if (address !== undefined) break;
  console.error(line);
}
const noise = { create: { width: 640, height: 480, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 30 } } };
const picture = await sharp(noise).jpeg().toBuffer();

/** Milliseconds until the answer. */
async function timed(url, init) {
  const from = performance.now();
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return performance.now() - from;
}

const quantile = (times, share) =>
  times.sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];

async function load(clients) {
  const end = performance.now() + seconds * 1000;
  const times = [];
  const health = [];
  const client = async () => {
    while (performance.now() < end) times.push(await timed(address, { method: 'POST', body: picture }));
  };
  const watch = async () => {
    for (; performance.now() < end; await new Promise((resolve) => setTimeout(resolve, 20))) {
      health.push(await timed(new URL('/health', address)));
    }
  };
  await Promise.all([watch(), ...Array.from({ length: clients }, client)]);
  const [p50, p99, health50, health99] = [
    quantile(times, 0.5),
    quantile(times, 0.99),
    quantile(health, 0.5),
    quantile(health, 0.99),
  ];
  return { clients, workers: Number(workers), perSecond: times.length / seconds, p50, p99, health50, health99 };
}

try {
  for (let i = 0; i < 5; i++) await timed(address, { method: 'POST', body: picture });
  for (const clients of [1, 4, 16]) {
    const row = await load(clients);
    if (json) console.log(JSON.stringify({ bench: 'server', ...row }));
    else {
      const ms = (value) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
      console.log(
        `${clients} clients, ${workers} workers: ${row.perSecond.toFixed(1)} pictures/s, p50 ${ms(row.p50)}, p99 ${ms(row.p99)}; ` +
          `health p50 ${ms(row.health50)}, p99 ${ms(row.health99)}`,
      );
    }
  }
} finally {
  server.kill('SIGTERM');
}
