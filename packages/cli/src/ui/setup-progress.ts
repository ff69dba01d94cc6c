import type { OnSetupProgress, SetupProgress } from '@icconv/tensor-ops/setup';
import cliProgress from 'cli-progress';

/** Shows a set-up as progress bars on a terminal, as one line a step elsewhere. Call `stop()` when it has ended. */
export function setupProgress(stream: NodeJS.WriteStream = process.stderr): { report: OnSetupProgress; stop(): void } {
  const bars = new cliProgress.MultiBar(
    {
      stream,
      hideCursor: true,
      clearOnComplete: false,
      format: '{phase} {label} [{bar}] {percentage}% | {count} | {eta_formatted} left',
    },
    cliProgress.Presets.shades_grey,
  );
  let step = '';
  let bar: cliProgress.SingleBar | undefined;
  const report: OnSetupProgress = (progress) => {
    const next = `${progress.phase} ${progress.label}`;
    if (next !== step) {
      step = next;
      bar = undefined;
      if (!stream.isTTY || progress.total === 0) stream.write(`${progress.phase.padEnd(8)} ${progress.label}\n`);
    }
    if (!stream.isTTY || progress.total === 0) return;
    const payload = { phase: progress.phase.padEnd(8), label: progress.label.padEnd(34), count: count(progress) };
    if (bar === undefined) bar = bars.create(progress.total, progress.done, payload);
    else bar.update(progress.done, payload);
  };
  return { report, stop: () => bars.stop() };
}

function count({ phase, done, total }: SetupProgress): string {
  if (phase === 'compile') return `${done}/${total} files`;
  return `${(done / 1e6).toFixed(0)}/${(total / 1e6).toFixed(0)} MB`;
}
