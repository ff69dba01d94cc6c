/** Data that is ready to be used, with a bar and notes on the terminal while it is opened. */
import { type DataSource, type OpenedData, openData, type PictureRules } from '@icconv/coco/node';
import { type CountProgress, countProgress } from '../ui/progress';

/** @throws as `openData`. */
export async function readyData(source: DataSource, rules: PictureRules, signal: AbortSignal): Promise<OpenedData> {
  let progress: CountProgress | undefined;
  return openData(source, rules, {
    signal,
    onProgress({ done, total }) {
      progress ??= countProgress(`checking pictures (${source.name ?? 'data'})`, total);
      progress.update(done);
    },
    onNote(note) {
      // A bar would be drawn over it.
      progress?.stop();
      console.error(note);
    },
  }).finally(() => progress?.stop());
}
