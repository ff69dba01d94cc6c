/** Progress of a known number of things: a bar with the time left on a terminal, a line now and then elsewhere. */
import cliProgress from 'cli-progress';

export interface CountProgress {
  update(done: number): void;
  stop(): void;
}

/** Seconds between lines where there is no terminal. */
const EVERY = 30;

export function countProgress(
  label: string,
  total: number,
  stream: NodeJS.WriteStream = process.stderr,
): CountProgress {
  if (!stream.isTTY) {
    let last = performance.now();
    return {
      update(done) {
        const now = performance.now();
        if (now - last < 1000 * EVERY) return;
        last = now;
        stream.write(`${label} ${done}/${total}\n`);
      },
      stop: () => {},
    };
  }
  const bar = new cliProgress.SingleBar(
    { format: `${label} {bar} {value}/{total}, {eta_formatted} left`, stream, hideCursor: true, barsize: 30 },
    cliProgress.Presets.rect,
  );
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
