import type { OnSetupProgress, SetupProgress } from '@icconv/tensor-ops/setup';
import cliProgress from 'cli-progress';

/** Seconds between the lines of a step where there is no terminal. */
const EVERY = 15;
/** What is done within these first milliseconds of a step came from the cache and tells nothing about the pace of the rest. */
const HEAD_START = 500;
/** Files to have compiled before their pace says something: they differ much in length. */
const LEAST_FILES = 4;

/**
 * Shows a set-up as progress bars on a terminal; elsewhere as a line a step, and one more every 15 seconds that a step lasts.
 * Call `stop()` when it has ended.
 */
export function setupProgress(stream: NodeJS.WriteStream = process.stderr): { report: OnSetupProgress; stop(): void } {
  const show = stream.isTTY ? bars(stream) : lines(stream);
  let latest: SetupProgress | undefined;
  let start = { at: 0, done: 0 };
  const left = () => {
    const elapsed = performance.now() - start.at;
    const { phase, done, total } = latest!;
    if (elapsed <= HEAD_START || done - start.done < (phase === 'compile' ? LEAST_FILES : 1)) return undefined;
    const pace = (done - start.done) / (elapsed - HEAD_START);
    return (total - done) / pace / 1000;
  };
  const report: OnSetupProgress = (progress) => {
    const first = progress.phase !== latest?.phase || progress.label !== latest.label;
    if (first) start = { at: performance.now(), done: progress.done };
    if (performance.now() - start.at < HEAD_START) start.done = progress.done;
    latest = progress;
    if (first) show.begin(progress);
    else show.update(progress, left());
  };
  // Files take many seconds to compile: the time moves on between them.
  const timer = setInterval(() => latest !== undefined && show.update(latest, left()), 1000);
  timer.unref();
  return {
    report,
    stop() {
      clearInterval(timer);
      show.stop();
    },
  };
}

interface Display {
  begin(progress: SetupProgress): void;
  /** `left` in seconds, undefined while nobody can say. */
  update(progress: SetupProgress, left: number | undefined): void;
  stop(): void;
}

function bars(stream: NodeJS.WriteStream): Display {
  const all = new cliProgress.MultiBar(
    {
      stream,
      hideCursor: true,
      clearOnComplete: false,
      // The bar comes last: it is what a narrow terminal may cut.
      format: '{phase} {label} {percentage}% {count}, {duration_formatted}{left} {bar}',
      barsize: 24,
    },
    cliProgress.Presets.shades_grey,
  );
  let bar: cliProgress.SingleBar | undefined;
  return {
    begin(progress) {
      bar = undefined;
      const { phase, label, done, total } = progress;
      if (total === 0) {
        stream.write(`${line(progress)}\n`);
        return;
      }
      const payload = { phase: phase.padEnd(8), label: label.padEnd(30), count: count(progress), left: '' };
      bar = all.create(total, done, payload);
    },
    update(progress, left) {
      const over = progress.done === progress.total;
      bar?.update(progress.done, {
        count: count(progress),
        left: left === undefined || over ? '' : `, ${duration(left)} left`,
      });
      if (!over) return;
      // Its time stands still from here on.
      bar?.stop();
      bar = undefined;
    },
    stop: () => all.stop(),
  };
}

function lines(stream: NodeJS.WriteStream): Display {
  let last = 0;
  const write = (text: string) => {
    last = performance.now();
    stream.write(`${text}\n`);
  };
  return {
    begin: (progress) => write(line(progress)),
    update(progress, left) {
      if (progress.total === 0 || progress.done === progress.total || performance.now() - last < 1000 * EVERY) return;
      const percentage = `${Math.floor((100 * progress.done) / progress.total)}%`;
      const rest = left === undefined ? '' : `, ${duration(left)} left`;
      write(`${line(progress)} ${percentage}, ${count(progress)}${rest}`);
    },
    stop() {},
  };
}

const line = ({ phase, label }: SetupProgress) => `${phase.padEnd(8)} ${label}`;

function count({ phase, done, total }: SetupProgress): string {
  if (phase === 'compile') return `${done}/${total} files`;
  return `${(done / 1e6).toFixed(0)}/${(total / 1e6).toFixed(0)} MB`;
}

function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}
