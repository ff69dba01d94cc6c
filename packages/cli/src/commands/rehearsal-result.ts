/** What `icconv train --dry-run` found, for people and as JSON. */
import { counted } from '@icconv/base';
import { type CocoDataset, type DataReport, datasetStatistics } from '@icconv/coco';
import type { Rehearsal } from '@icconv/task';
import { formatDuration } from '@icconv/training/node';

interface Rehearsed {
  /** Where the run would go. */
  readonly folder: string;
  readonly data: Readonly<Record<string, object>>;
  /** What would be learned. */
  readonly pictures: CocoDataset;
  readonly kind: DataReport['task'];
}

export function rehearsalText(rehearsal: Rehearsal, told: Rehearsed): string {
  const { epochs, batchesPerEpoch, updates, evaluations, losses, memory } = rehearsal;
  const { secondsPerUpdate, secondsPerEvaluation, seconds } = rehearsal;
  const { sides = [], objects } = sizesOf(told);
  const of = (value: number) => `${(value / 2 ** 30).toFixed(1)} GiB`;
  const lines: [string, string][] = [
    ['pictures', sides.map(([least, most]) => `${least === most ? least : `${least}-${most}`} px`).join(' x ')],
    ['objects', objects.map(({ label, count }) => `${count} of ${label}`).join(', ')],
    [
      'length',
      `${counted(updates, 'update')}: ${counted(epochs, 'epoch')} of ${counted(batchesPerEpoch, 'batch', 'batches')}`,
    ],
    [
      'first losses',
      Object.entries(losses)
        .map(([name, value]) => `${name} ${value.toPrecision(4)}`)
        .join('  '),
    ],
    ['update', `${secondsPerUpdate.toFixed(2)} s`],
    ...(evaluations === 0
      ? []
      : [
          ['evaluation', `${counted(evaluations, 'time')}, about ${formatDuration(secondsPerEvaluation)} each`] as [
            string,
            string,
          ],
        ]),
    ['memory', `${of(memory.peakBytes)} at most in an update, of ${of(memory.reachableBytes)}`],
    ['whole training', `about ${formatDuration(seconds)}`],
  ];
  const width = Math.max(...lines.map(([name]) => name.length)) + 2;
  const text = lines.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(width)}${value}`);
  return [...text, `nothing was written; without --dry-run the run goes to ${told.folder}`].join('\n');
}

export function rehearsalJson(rehearsal: Rehearsal, told: Rehearsed): string {
  const { sides: [widths, heights] = [], objects } = sizesOf(told);
  const { folder, data } = told;
  return JSON.stringify({ ...rehearsal, folder, data, sizes: { widths, heights, objects } }, null, 2);
}

/** Least and largest sides of the pictures, where the data says them, and how large the objects are. */
function sizesOf({ pictures, kind }: Rehearsed) {
  const { width, height } = pictures.columns.images;
  const range = (values: Iterable<number>): [number, number] => {
    let [least, most] = [Number.POSITIVE_INFINITY, 0];
    for (const value of values) if (value > 0) [least, most] = [Math.min(least, value), Math.max(most, value)];
    return [least, most];
  };
  const sides = [range(width), range(height)] as const;
  return {
    ...(sides.every(([, most]) => most > 0) && { sides }),
    // A label is of a whole picture.
    objects: kind === 'labels' ? [] : datasetStatistics(pictures).sizes.filter(({ count }) => count > 0),
  };
}
