/** The progress of an epoch: a bar on a terminal, a line now and then elsewhere. */
import cliProgress from 'cli-progress';

export interface ProgressState {
  readonly epoch: number;
  /** Epochs of the whole run; undefined when steps bound it. */
  readonly epochs: number | undefined;
  /** Batches of this epoch done, and all of them. */
  readonly batch: number;
  readonly batches: number;
  /** Of the whole run. */
  readonly secondsLeft: number;
  readonly learningRate: number;
  /** Running means. */
  readonly losses: Readonly<Record<string, number>>;
}

export interface Progress {
  update(state: ProgressState): void;
  /** Something that stays, such as an epoch's result. */
  line(text: string): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly stream?: NodeJS.WriteStream;
  /** Seconds between lines where there is no terminal. @defaultValue `30` */
  readonly every?: number;
}

export function createProgress(options: ProgressOptions = {}): Progress {
  const { stream = process.stderr, every = 30 } = options;
  return stream.isTTY ? bar(stream) : lines(stream, every);
}

export const silentProgress: Progress = { update: () => {}, line: () => {}, stop: () => {} };

function bar(stream: NodeJS.WriteStream): Progress {
  let shown: cliProgress.SingleBar | undefined;
  let epoch = -1;
  const stop = () => {
    shown?.stop();
    shown = undefined;
  };
  return {
    update(state) {
      if (shown === undefined || epoch !== state.epoch) {
        stop();
        const format = '{epoch} {bar} {value}/{total}  {losses}  eta {left}';
        shown = new cliProgress.SingleBar(
          { format, stream, hideCursor: true, barsize: 20, fps: 5 },
          cliProgress.Presets.rect,
        );
        shown.start(state.batches, state.batch, payload(state));
        epoch = state.epoch;
      }
      shown.update(state.batch, payload(state));
    },
    line(text) {
      stop();
      stream.write(`${text}\n`);
    },
    stop,
  };
}

function lines(stream: NodeJS.WriteStream, every: number): Progress {
  let last = Number.NEGATIVE_INFINITY;
  return {
    update(state) {
      const now = performance.now() / 1000;
      if (now - last < every) return;
      last = now;
      const { epoch, losses, left } = payload(state);
      stream.write(`${epoch} ${state.batch}/${state.batches}  ${losses}  eta ${left}\n`);
    },
    line: (text) => {
      stream.write(`${text}\n`);
    },
    stop: () => {},
  };
}

function payload({ epoch, epochs, losses, secondsLeft }: ProgressState) {
  return {
    epoch: `epoch ${epoch + 1}${epochs === undefined ? '' : `/${epochs}`}`,
    losses: Object.entries(losses)
      .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
      .join('  '),
    left: formatDuration(secondsLeft),
  };
}

/** `2h 05m`, `7m 03s` or `12s`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)}h ${two(Math.floor((whole % 3600) / 60))}m`;
  return whole >= 60 ? `${Math.floor(whole / 60)}m ${two(whole % 60)}s` : `${whole}s`;
}
