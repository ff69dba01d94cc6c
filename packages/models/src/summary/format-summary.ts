import type { NetworkSummary } from './summary';

const HEADINGS = ['layer', 'kind', 'dilations', 'output', 'params', 'MMAC'] as const;

/** A summary as a table of text, with the sums and the plain network's beneath. */
export function formatNetwork(summary: NetworkSummary): string {
  const { layers, inputSize, plain } = summary;
  const rows = layers.map(({ name, kind, dilations, output, params, macs }) => [
    name,
    kind,
    dilations === 0 ? '' : String(dilations),
    output.join('x'),
    grouped(params),
    (macs / 1e6).toFixed(1),
  ]);
  const widths = HEADINGS.map((heading, column) => Math.max(heading.length, ...rows.map((row) => row[column]!.length)));
  // Text to the left, numbers to the right.
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [
    line(HEADINGS),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...rows.map(line),
    '',
    `input ${inputSize.join('x')}: ${cost(summary)}`,
    comparison(summary, plain),
  ].join('\n');
}

const cost = ({ params, macs }: { readonly params: number; readonly macs: number }) =>
  `${(params / 1e6).toFixed(3)} M params, ${(macs / 1e9).toFixed(3)} GMAC`;

function comparison(own: NetworkSummary, plain: NetworkSummary['plain']): string {
  if (own.params === plain.params && own.macs === plain.macs) return `plain network: ${cost(plain)}, the same`;
  return `plain network: ${cost(plain)}; this one has ${(own.macs / plain.macs).toFixed(2)} times its operations`;
}

/** 1234567 as 1,234,567. */
const grouped = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ',');
