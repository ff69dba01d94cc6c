/** Progress on standard error: bars on a terminal; elsewhere a line when a stage begins, and one now and then while it lasts. */
import { createRequire } from 'node:module';
import type { DownloadProgress } from '@icconv/task';
import type { OnSetupProgress } from '@icconv/tensor-ops/setup';
import type { SingleBar } from 'cli-progress';

interface Stage {
  readonly label: string;
  readonly done: number;
  /** 0 where nobody knows. */
  readonly total: number;
  /** What is done, for people: `3/4 files`. */
  readonly count: string;
  /** So many have to be done before their pace says something. @defaultValue `1` */
  readonly least?: number;
}

/** What is done within these first milliseconds of a stage came from a cache and tells nothing about the pace of the rest. */
const HEAD_START = 500;

interface Display {
  begin(stage: Stage): void;
  /** `left` in seconds, undefined while nobody can say. */
  update(stage: Stage, left: number | undefined): void;
  stop(): void;
}

/** One stage after the other, told apart by their labels. Call `stop()` when the last has ended. */
function stages(display: Display): { report(stage: Stage): void; stop(): void } {
  let latest: Stage | undefined;
  let start = { at: 0, done: 0 };
  const left = ({ done, total, least = 1 }: Stage) => {
    const elapsed = performance.now() - start.at;
    if (elapsed <= HEAD_START || done - start.done < least) return undefined;
    return ((total - done) * (elapsed - HEAD_START)) / (done - start.done) / 1000;
  };
  // One thing may take many seconds: the time moves on meanwhile.
  const timer = setInterval(() => latest !== undefined && display.update(latest, left(latest)), 1000);
  timer.unref();
  return {
    report(stage) {
      const first = stage.label !== latest?.label;
      if (first) start = { at: performance.now(), done: stage.done };
      if (performance.now() - start.at < HEAD_START) start.done = stage.done;
      latest = stage;
      if (first) display.begin(stage);
      else display.update(stage, left(stage));
    },
    stop() {
      clearInterval(timer);
      if (latest !== undefined) display.stop();
      latest = undefined;
    },
  };
}

function bars(stream: NodeJS.WriteStream): Display {
  // Only on a terminal: elsewhere it would be loaded for nothing.
  const { MultiBar, Presets } = createRequire(import.meta.url)('cli-progress') as typeof import('cli-progress');
  // The bar comes last: it is what a narrow terminal may cut.
  const format = '{label} {percentage}% {count}, {duration_formatted}{left} {bar}';
  const options = { stream, hideCursor: true, clearOnComplete: false, format, barsize: 24 };
  const all = new MultiBar(options, Presets.shades_grey);
  let bar: SingleBar | undefined;
  const create = ({ label, done, total, count }: Stage) => all.create(total, done, { label, count, left: '' });
  return {
    begin(stage) {
      bar = stage.total === 0 ? undefined : create(stage);
      if (stage.total === 0) stream.write(`${stage.label}\n`);
    },
    update(stage, left) {
      const { done, total, count } = stage;
      const over = done === total;
      if (total > 0 && !over) bar ??= create(stage);
      bar?.update(done, { count, left: left === undefined || over ? '' : `, ${duration(left)} left` });
      if (!over) return;
      // Its time stands still from here on.
      bar?.stop();
      bar = undefined;
    },
    stop: () => all.stop(),
  };
}

/** @param every - seconds between the lines of a stage. @param opening - whether there is one when it begins. */
function lines(stream: NodeJS.WriteStream, every: number, opening: boolean): Display {
  let last = performance.now();
  const write = (text: string) => {
    last = performance.now();
    stream.write(`${text}\n`);
  };
  return {
    begin: ({ label }) => opening && write(label),
    update({ label, done, total, count }, left) {
      if (total === 0 || done === total || performance.now() - last < 1000 * every) return;
      const rest = left === undefined ? '' : `, ${duration(left)} left`;
      write(`${label} ${Math.floor((100 * done) / total)}%, ${count}${rest}`);
    },
    stop() {},
  };
}

const duration = (seconds: number) => (seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`);
const megabytes = (done: number, total: number) =>
  `${(done / 1e6).toFixed(0)}/${total > 0 ? (total / 1e6).toFixed(0) : '?'} MB`;

/** Of an engine's set-up. */
export function setupProgress(stream: NodeJS.WriteStream = process.stderr): { report: OnSetupProgress; stop(): void } {
  const { report, stop } = stages(stream.isTTY ? bars(stream) : lines(stream, 15, true));
  return {
    report({ phase, label, done, total }) {
      const compiling = phase === 'compile';
      const count = compiling ? `${done}/${total} files` : megabytes(done, total);
      const name = `${phase.padEnd(8)} ${stream.isTTY ? label.padEnd(30) : label}`;
      // Files differ much in length.
      report({ label: name, done, total, count, least: compiling ? 4 : 1 });
    },
    stop,
  };
}

/** Of one download. */
export function downloadProgress(
  label: string,
  stream: NodeJS.WriteStream = process.stderr,
): { report(progress: DownloadProgress): void; stop(): void } {
  const { report, stop } = stages(stream.isTTY ? bars(stream) : lines(stream, 15, true));
  return {
    report({ phase, done, total }) {
      if (phase === 'wait')
        report({ label: `${label}: another process fetches it, waiting`, done: 0, total: 0, count: '' });
      if (phase === 'download') report({ label: `${label}: fetching`, done, total, count: megabytes(done, total) });
    },
    stop,
  };
}

export interface CountProgress {
  /** @param done - may have a part of the next one. @param detail - where in the next one it is. */
  update(done: number, detail?: string): void;
  stop(): void;
}

/** Of one thing, such as a video: what has been seen of it tells a pace. */
const LEAST_PART = 0.01;

/** Of a known number of things. */
export function countProgress(
  label: string,
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
): CountProgress {
  const { report, stop } = stages(stream.isTTY ? bars(stream) : lines(stream, 30, false));
  const update = (done: number, detail?: string) => {
    const count = `${Math.floor(done)}/${total}${detail === undefined ? '' : `, ${detail}`}`;
    report({ label, done, total, count, least: LEAST_PART });
  };
  update(0);
  return { update, stop };
}
