/** The check as text. */
import { listed } from '@icconv/base';
import type { CheckReport } from './check';
import type { Bin } from './statistics';

const BAR = 32;
const WORD = { error: 'error', trap: 'trap ', note: 'note ' } as const;

/** Findings, a summary and histograms, as lines of text. @param options.classes - most frequent categories listed (default 20). */
export function formatCheck(report: CheckReport, options: { readonly classes?: number } = {}): string {
  const { statistics: s, findings } = report;
  const lines: string[] = [];
  for (const { severity, count, message, examples } of findings) {
    lines.push(`${WORD[severity]} ${String(count).padStart(8)}  ${message} (${listed(examples, count)})`);
  }
  if (findings.length === 0) lines.push('nothing wrong found in the annotations');
  lines.push(
    '',
    `images       ${s.images} (${s.imagesWithoutObjects} without objects)`,
    `annotations  ${s.annotations} (${s.crowds} crowds, ${s.withMask} with mask, ${s.withKeypoints} with keypoints)`,
    `categories   ${s.categories} (${s.categoriesWithoutObjects} without objects)`,
    '',
    'objects an image',
    ...bars(s.objectsPerImage),
    '',
    'sizes (square root of area)',
    ...bars(s.sizes),
    '',
    'classes',
    ...bars(s.classes.slice(0, options.classes ?? 20)),
  );
  const more = s.classes.length - (options.classes ?? 20);
  if (more > 0) lines.push(`  ... and ${more} more`);
  return lines.join('\n');
}

function bars(bins: readonly Bin[]): string[] {
  const most = Math.max(1, ...bins.map((b) => b.count));
  const width = Math.max(0, ...bins.map((b) => b.label.length));
  return bins.map(({ label, count }) =>
    `  ${label.padEnd(width)} ${String(count).padStart(8)} ${'█'.repeat(Math.round((count / most) * BAR))}`.trimEnd(),
  );
}
