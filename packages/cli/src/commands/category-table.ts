/** COCO's metric by category, for people. */
import type { CategoryRow } from '@icconv/coco';
import Table from 'cli-table3';

export function categoryTable(categories: readonly CategoryRow[]): string {
  const table = new Table({
    head: ['category', 'objects', 'AP', 'AP50', 'AP75', 'AR'],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { name, objects, AP, AP50, AP75, AR } of categories) {
    table.push([name, objects, ...[AP, AP50, AP75, AR].map((value) => (value < 0 ? '' : value.toFixed(3)))]);
  }
  return table.toString();
}
