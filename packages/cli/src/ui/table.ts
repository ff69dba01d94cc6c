/** Tables for people. */
import Table from 'cli-table3';

/** @param left - columns from the first on that hold text; the others hold numbers, which stand at the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[], left = 1): string {
  const lines = new Table({
    head: [...head],
    colAligns: head.map((_, column) => (column < left ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
  lines.push(...rows.map((row) => [...row]));
  return lines.toString();
}
