/** `icconv serve`: a network as an HTTP server. */
import { existsSync } from 'node:fs';
import { defined } from '@icconv/base';
import { decodeImage } from '@icconv/base/pictures';
import { type Answer, type ServedTask, serveTask } from '@icconv/server';
import { findRow, type RemoteSource, resolveModel, rowOfFile, type TaskTypes, taskOfFolder } from '@icconv/task';
import type { ConvPrecision } from '@icconv/tensor-ops';
import { Command, Option } from 'commander';
import { countOption, naturalOption, numberOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { TASKS } from '../tasks';
import { precisionOption } from '../tasks/model-flags';
import type { AnyTaskCommand } from '../tasks/task-command';
import { downloadProgress } from '../ui/progress';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface ServeFlags extends WeightFlags {
  readonly model: string;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly threads?: number;
  readonly device: 'auto' | 'cuda' | 'cpu' | 'wasm';
  readonly precision: ConvPrecision;
  readonly maxMegabytes: number;
  readonly maxMegapixels: number;
  readonly queue: number;
  readonly timeout: number;
  readonly offline?: boolean;
  readonly json?: boolean;
}

export function serveCommand({ signal }: CommandContext): Command {
  const command = new Command('serve')
    .requiredOption('--model <name>', 'a trained model’s folder, or a name that icconv models list shows')
    .option('--host <address>', 'to listen at; others than this machine reach it by 0.0.0.0', '127.0.0.1')
    .option('--port <n>', 'to listen at; 0 takes a free one', naturalOption, 8080)
    .option('--workers <n>', 'processes with a network each, which share the processors', countOption, 1)
    .option('--threads <n>', 'threads of TensorFlow in each', countOption)
    .addOption(new Option('--device <device>').choices(['auto', 'cuda', 'cpu', 'wasm']).default('auto'))
    .addOption(precisionOption())
    .option('--max-megabytes <n>', 'of a picture as it is sent', numberOption, 16)
    .option('--max-megapixels <n>', 'of a picture when it is decoded', numberOption, 50)
    .option('--queue <n>', 'requests that are worked on and wait together; others are answered 503', countOption, 16)
    .option('--timeout <seconds>', 'for the arrival of a picture, and for the work on it', numberOption, 30)
    .option('--offline', 'never touch the network for weights')
    .option('--json', 'print a line of JSON for each request');
  return withWeightOptions(command).action(async (flags: ServeFlags) => {
    const task = await servedTask(flags, signal);
    try {
      const server = await serveTask(task, {
        host: flags.host,
        port: flags.port,
        maxBytes: flags.maxMegabytes * 1e6,
        queue: flags.queue,
        seconds: flags.timeout,
        onEnd: (answer) => console.log(flags.json ? json(answer) : line(answer)),
      });
      console.error(`${task.verb} by ${task.model.name}: POST ${server.address}/${task.verb}`);
      if (!/^(127\.|localhost$|::1$)/.test(flags.host)) {
        console.error(
          'warning: whoever reaches this address may send pictures; there is no password and no encryption',
        );
      }
      await asked(signal);
      console.error('ending when the pictures that are here have their answers');
      await server.close();
    } finally {
      await task.dispose();
    }
  });
}

/** Ctrl-C, or what a service manager sends. */
function asked(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    process.once('SIGTERM', () => resolve());
  });
}

async function servedTask(flags: ServeFlags, signal: AbortSignal): Promise<ServedTask & { dispose(): Promise<void> }> {
  const own = await taskOf(flags.model);
  const { verb, description, served, callOf, draw } = own;
  const { offline, workers, threads, device, precision, model: name } = flags;
  const source: RemoteSource<TaskTypes> = { model: name };
  const reading = readingOf(flags);
  // Here, where a bar can be shown; the other processes find it in the cache.
  const progress = downloadProgress(name);
  const fetching = { ...reading, ...defined({ offline }), signal, onProgress: progress.report };
  await resolveModel(own.task, source, fetching).finally(progress.stop);
  const decode = { accept: ['bytes'], maxPixels: flags.maxMegapixels * 1e6, maxSeconds: flags.timeout } as const;
  const options = { ...reading, ...defined({ threads, offline }), device, precision, workers, decode };
  const runner = await own.remote(source, options);
  const { classes } = runner.model;
  return {
    verb,
    description,
    query: served.query,
    answer: served.answer,
    model: { name, ...defined({ classes }) },
    run: (picture, query, ended) => runner.run(picture, { ...callOf(query), signal: ended }),
    draw: async (picture, result, query, format) =>
      draw(await decodeImage(picture, decode), result, runner.model, { flags: query, format }),
    dispose: () => runner.dispose(),
  };
}

/** @throws InvalidArgumentError for a name that no task knows; ModelFileError. */
async function taskOf(model: string): Promise<AnyTaskCommand> {
  const ofFile = TASKS.find(({ task }) => rowOfFile(task.zoo, model) !== undefined);
  if (ofFile !== undefined) return ofFile;
  if (existsSync(model)) return taskOfFolder(model, TASKS);
  const zoo = TASKS.flatMap((own) => own.task.zoo.map((row) => ({ ...row, own })));
  return findRow(zoo, model, 'network').own;
}

const json = ({ status, seconds, error }: Answer) =>
  JSON.stringify({
    time: new Date().toISOString(),
    status,
    seconds,
    ...defined({ error: error === undefined ? undefined : `${error}` }),
  });

const line = ({ status, seconds, error }: Answer) =>
  `${new Date().toISOString()} ${status} ${(seconds * 1000).toFixed(0)} ms${error === undefined ? '' : ` ${error}`}`;
