/** Trainings by several processes of the command itself. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { bundled } from '@icconv/test-utils';
import { beforeAll, expect, test } from 'vitest';
import { endToEnd } from './end-to-end';
import { squaresData } from './squares-data';

const { path } = endToEnd('launch');
const TIMEOUT = { timeout: 400_000 };
const bin = await bundled(fileURLToPath(new URL('../src/bin.ts', import.meta.url)));

beforeAll(() => squaresData(path()));

interface End {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `icconv launch -n 2 -- train detection`; `act` sees the launcher and all that was printed on standard error so far. */
async function launch(
  args: readonly string[],
  act: (launcher: ChildProcess, stderr: string) => void = () => {},
): Promise<End> {
  const train = ['train', 'detection', '--config', path('train.yaml'), '--workers', '0', '--threads', '1', ...args];
  const node = [bin, 'launch', '-n', '2', '--', ...train];
  const child = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
    act(child, output.stderr);
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...output };
}

/** Processes whose environment has this launcher's worker of that number. */
function workerOf(launcher: ChildProcess, index: number): number {
  const children = readFileSync(`/proc/${launcher.pid}/task/${launcher.pid}/children`, 'utf8').trim().split(' ');
  return Number(
    children.find((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`"type":"worker","index":${index}`))!,
  );
}

test('two workers train, and the first one says so', TIMEOUT, async () => {
  const { code, stdout, stderr } = await launch(['--json']);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  const { reason, steps, best } = JSON.parse(stdout);
  // Eight pictures in two epochs, four at a time.
  expect({ reason, steps, metric: best.metric }).toEqual({ reason: 'finished', steps: 4, metric: 'AP' });
  for (const file of ['model.json', 'best.safetensors', 'final.safetensors', 'results.csv', 'curves.svg'])
    expect(existsSync(path('run', file)), file).toBe(true);
});

test('where one dies all end with its error, and the run goes on with --resume', TIMEOUT, async () => {
  const args = ['--output', path('killed'), '--set', 'recipe.epochs=40', '--set', 'recipe.evaluateEvery=40'];
  let killed = false;
  const end = await launch(args, (launcher, stderr) => {
    if (killed || !/epoch 3:/.test(stderr)) return;
    killed = true;
    process.kill(workerOf(launcher, 1), 'SIGKILL');
  });
  expect(killed).toBe(true);
  expect(end.code).toBe(1);
  expect(end.stderr).toMatch(/cluster: worker 1 \(127\.0\.0\.1:\d+\) is lost/);
  expect(end.stderr).toContain('cluster: worker 1 ended first, by SIGKILL');
  let asked = false;
  const resumed = await launch([...args, '--resume'], (launcher, stderr) => {
    if (asked || !/resumed at step/.test(stderr)) return;
    asked = true;
    launcher.kill('SIGINT');
  });
  expect({ code: resumed.code, asked }).toEqual({ code: 130, asked: true });
  expect(resumed.stdout).toMatch(/^saved; icconv train detection .* --resume goes on$/m);
});

test('workers do not outlive a launcher that is killed: they are gone within ten seconds', TIMEOUT, async () => {
  const args = ['--output', path('orphans'), '--set', 'recipe.epochs=400', '--set', 'recipe.evaluateEvery=400'];
  let workers: number[] = [];
  let at = 0;
  const end = await launch(args, (launcher, stderr) => {
    if (workers.length > 0 || !/epoch 2:/.test(stderr)) return;
    workers = [0, 1].map((index) => workerOf(launcher, index));
    at = Date.now();
    launcher.kill('SIGKILL');
  });
  // Its standard error, which worker 0 has too, is closed when both are gone.
  expect({ code: end.code, workers: workers.length }).toEqual({ code: null, workers: 2 });
  expect(Date.now() - at).toBeLessThan(10_000);
  // A process that has ended but whose parent has not asked for it is no process any more.
  const runs = (pid: number) =>
    existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  while (workers.some(runs) && Date.now() - at < 10_000) await setTimeout(100);
  expect(workers.filter(runs)).toEqual([]);
});

test('nothing else is launched', TIMEOUT, async () => {
  const node = [bin, 'launch', '-n', '2', '--', 'detect', 'a.jpg'];
  const child = spawn(process.execPath, node, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  expect(await once(child, 'close')).toEqual([1, null]);
  expect(stderr).toContain('launch: command must be train, which alone has workers, received "detect"');
});
