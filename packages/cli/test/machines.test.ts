/** The recipes of docs/machines.md, by its very text: with programs of the same names in the place of what is not here. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundled, freePorts } from '@icconv/test-utils';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { clusterPlace } from '../src/cluster/cluster-place';
import { endToEnd } from './end-to-end';
import { squaresData } from './squares-data';

const { path } = endToEnd('machines');
const document = readFileSync(new URL('../../../docs/machines.md', import.meta.url), 'utf8');
const bin = await bundled(fileURLToPath(new URL('../src/bin.ts', import.meta.url)));

/** The one block of code with these words in it. */
function recipe(language: string, words: string): string {
  const blocks = [...document.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, name, text]) => ({ name, text: text! }));
  const found = blocks.filter(({ name, text }) => name === language && text.includes(words));
  expect(found).toHaveLength(1);
  return found[0]!.text;
}

/** Runs a command where these programs come before the system's. */
function run(
  command: readonly string[],
  folder: string,
  programs: Readonly<Record<string, string>>,
  env: NodeJS.ProcessEnv = {},
) {
  mkdirSync(path(folder, 'bin'), { recursive: true });
  for (const [name, text] of Object.entries(programs)) {
    writeFileSync(path(folder, 'bin', name), `#!/bin/sh\n${text}\n`);
    chmodSync(path(folder, 'bin', name), 0o755);
  }
  const PATH = `${path(folder, 'bin')}:${process.env.PATH}`;
  const how = { cwd: path(folder), encoding: 'utf8', env: { ...process.env, PATH, ...env } } as const;
  return spawnSync(command[0]!, command.slice(1), how);
}

/** In the place of npx: writes its arguments into a file with the worker's number for a name. */
const RECORD =
  'for last; do if [ "$before" = --cluster-index ]; then index=$last; fi; before=$last; done; echo "$@" > worker-$index';

function recorded(folder: string): string[] {
  const files = readdirSync(path(folder))
    .filter((name) => name.startsWith('worker-'))
    .sort();
  expect(files).toEqual(files.map((_, i) => `worker-${i}`));
  return files.map((file) => readFileSync(path(folder, file), 'utf8').trim());
}

const commandOf = (index: number, more: string) =>
  `icconv train detection --config train.yaml --cluster cluster.json --cluster-index ${index}${more}`;

test('a list of machines by ssh: two workers train', { timeout: 400_000 }, async () => {
  mkdirSync(path('ssh', 'project'), { recursive: true });
  await squaresData(path('ssh', 'project'));
  const worker = (await freePorts(2)).map((port) => `127.0.0.1:${port}`);
  writeFileSync(path('ssh', 'project', 'cluster.json'), JSON.stringify({ cluster: { worker } }));
  const node = `"${process.execPath}" "${bin}"`;
  const { stdout, stderr } = run(['sh', '-c', recipe('sh', 'ssh "$host"')], 'ssh', {
    ssh: 'echo "$1" >> hosts; shift; exec sh -c "$*"',
    npx: `shift; exec ${node} "$@" --threads 1 --workers 0`,
  });
  const hosts = readFileSync(path('ssh', 'hosts'), 'utf8').trim().split('\n');
  expect(hosts.sort(), stderr).toEqual(['a.local', 'b.local']);
  expect(existsSync(path('ssh', 'project', 'run', 'final.safetensors')), `${stdout}${stderr}`).toBe(true);
});

test('Slurm: each task is the worker of its number, all of the nodes', async () => {
  const script = recipe('sh', '#SBATCH');
  const nodes = ['n1', 'n2', 'n7', 'n8'];
  expect(Number(/--nodes=(\d+)/.exec(script)![1])).toBe(nodes.length);
  const { status, stderr } = run(
    ['bash', '-c', script],
    'slurm',
    {
      scontrol: `[ "$*" = "show hostnames n[1-2,7-8]" ] && printf '%s\\n' ${nodes.join(' ')}`,
      srun: 'for i in 0 1 2 3; do SLURM_PROCID=$i "$@" || exit 1; done',
      npx: RECORD,
    },
    { SLURM_JOB_NODELIST: 'n[1-2,7-8]' },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(recorded('slurm')).toEqual(nodes.map((_, index) => commandOf(index, ' --resume')));
  const place = await clusterPlace({ cluster: path('slurm', 'cluster.json'), clusterIndex: 3 }, {});
  expect(place).toEqual({ workers: nodes.map((node) => `${node}:7070`), index: 3 });
});

/** What Kubernetes asks for, of the fields that the recipe has. */
const metadata = z.strictObject({ name: z.string().regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/) });
const serviceSchema = z.strictObject({
  apiVersion: z.literal('v1'),
  kind: z.literal('Service'),
  metadata,
  // Without an address of its own, it gives each pod one.
  spec: z.strictObject({ clusterIP: z.literal('None'), selector: z.strictObject({ 'job-name': z.string() }) }),
});
const jobSchema = z.strictObject({
  apiVersion: z.literal('batch/v1'),
  kind: z.literal('Job'),
  metadata,
  spec: z.strictObject({
    completionMode: z.literal('Indexed'),
    completions: z.int().min(1),
    parallelism: z.int().min(1),
    template: z.strictObject({
      spec: z.strictObject({
        subdomain: z.string(),
        restartPolicy: z.enum(['Never', 'OnFailure']),
        containers: z.tuple([
          z.strictObject({ name: z.string(), image: z.string(), command: z.array(z.string()).min(1) }),
        ]),
      }),
    }),
  }),
});

test('Kubernetes: each pod is the worker of its number, by the name that the service gives it', () => {
  const text = recipe('yaml', 'kind: Job');
  const [first, second] = parseAllDocuments(text).map((each) => each.toJS());
  const service = serviceSchema.parse(first);
  const job = jobSchema.parse(second);
  const { completions, parallelism, template } = job.spec;
  // One that runs alone would wait for the others.
  expect(parallelism).toBe(completions);
  expect(service.spec.selector['job-name']).toBe(job.metadata.name);
  expect(template.spec.subdomain).toBe(service.metadata.name);
  expect(text).toContain(`"${job.metadata.name}-0.${service.metadata.name}:7070"`);
  const [{ command }] = template.spec.containers;
  for (let i = 0; i < completions; i++) {
    const end = run(command, 'kubernetes', { npx: RECORD }, { JOB_COMPLETION_INDEX: String(i) });
    expect(end.status, end.stderr).toBe(0);
  }
  expect(recorded('kubernetes')).toEqual(Array.from({ length: completions }, (_, i) => commandOf(i, ' --resume')));
});
