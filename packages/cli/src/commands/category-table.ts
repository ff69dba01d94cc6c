/** COCO's metric by category, for people. */
import type { CategoryRow } from '@icconv/coco';
import { table } from '../ui/table';

export function categoryTable(categories: readonly CategoryRow[]): string {
  const rows = categories.map(({ name, objects, AP, AP50, AP75, AR }) => [
    ...[name, objects],
    ...[AP, AP50, AP75, AR].map((value) => (value < 0 ? '' : value.toFixed(3))),
  ]);
  return table(['category', 'objects', 'AP', 'AP50', 'AP75', 'AR'], rows);
}
