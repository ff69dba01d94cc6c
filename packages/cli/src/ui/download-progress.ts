import type { DownloadProgress } from '@icconv/task';
import cliProgress from 'cli-progress';

/** Shows one download as a bar on a terminal, as one line elsewhere. Call `stop()` when it has ended. */
export function downloadProgress(
  label: string,
  stream: NodeJS.WriteStream = process.stderr,
): { report(progress: DownloadProgress): void; stop(): void } {
  const format = `${label} [{bar}] {percentage}% | {megabytes} MB | {eta_formatted} left`;
  const bar = new cliProgress.SingleBar({ stream, hideCursor: true, format }, cliProgress.Presets.shades_grey);
  let phase = '';
  let drawn = false;
  return {
    report({ phase: now, done, total }) {
      if (now !== phase) {
        phase = now;
        if (now === 'wait') stream.write(`${label}: another process fetches it, waiting\n`);
        if (now === 'download' && !stream.isTTY) stream.write(`${label}: fetching\n`);
      }
      if (now !== 'download' || !stream.isTTY) return;
      const payload = { megabytes: `${(done / 1e6).toFixed(0)}/${total > 0 ? (total / 1e6).toFixed(0) : '?'}` };
      if (drawn) bar.setTotal(total);
      else bar.start(total, done, payload);
      drawn = true;
      bar.update(done, payload);
    },
    stop: () => bar.stop(),
  };
}
