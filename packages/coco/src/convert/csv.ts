/** Results as a table: image_id, category_id, x, y, width, height, score; one row a box. */
import Papa from 'papaparse';
import { boxOf } from '../data/object-box';
import { CocoResults } from '../data/results';
import { CocoFormatError, CocoMismatchError } from '../errors';
import type { CocoDetection } from '../format/types';
import { HAS } from '../json/record';
import { decimal } from './decimal';

const COLUMNS = ['image_id', 'category_id', 'x', 'y', 'width', 'height', 'score'] as const;

/** Results to CSV with a header; boxes of masks where a detection has no other. @throws {@link CocoMismatchError} where it has neither. */
export function resultsToCsv(results: CocoResults): string {
  const { columns: c } = results;
  const rows = Array.from({ length: c.count }, (_, row) => {
    const own = (c.present[row]! & HAS.bbox) !== 0;
    const box = own ? c.bbox.subarray(row * 4, row * 4 + 4) : boxOf(results.at(row));
    if (box === undefined) throw new CocoMismatchError(`detection ${row + 1} has no bbox to write as CSV, nor a mask`);
    return [c.imageIds[c.imageIndex[row]!], c.categoryIds[c.categoryIndex[row]!], ...box, c.score[row]];
  });
  return `${Papa.unparse({ fields: [...COLUMNS], data: rows }, { newline: '\n' })}\n`;
}

/** CSV with the columns image_id, category_id, x, y, width, height, score (in any order, others ignored) to results. */
export function resultsFromCsv(text: string, options: { readonly source?: string } = {}): CocoResults {
  const source = options.source ?? 'results CSV';
  // Without Papa's own treatment of headers, which renames those that stand twice, and says so on the console.
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\ufeff/, ''), {});
  // Empty lines are left out here, so that the others keep their numbers.
  const lines = data
    .map((cells, i) => ({ cells, line: i + 1 }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  const [{ cells: header } = { cells: [] }, ...rows] = lines;
  const names = header.map((name) => name.trim());
  const missing = COLUMNS.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const found = names.slice(0, 20).join(', ').slice(0, 200) || 'nothing';
    throw new CocoFormatError(source, `the header lacks ${missing.join(', ')}; its first line has ${found}`);
  }
  const twice = COLUMNS.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw new CocoFormatError(source, `the header has ${twice} twice`);
  const fault = errors.find((e) => e.type !== 'Delimiter');
  if (fault !== undefined) throw new CocoFormatError(source, `line ${(fault.row ?? 0) + 1}: ${fault.message}`);
  const places = COLUMNS.map((name) => [name, names.indexOf(name)] as const);
  const detections = rows.map(({ cells, line }): CocoDetection => {
    if (cells.length !== names.length) {
      throw new CocoFormatError(source, `line ${line}: expected ${names.length} fields, found ${cells.length}`);
    }
    const row = Object.fromEntries(places.map(([name, at]) => [name, cells[at]!.trim()]));
    const number = (name: (typeof COLUMNS)[number]) => {
      const value = decimal(row[name]!);
      if (value === undefined) {
        throw new CocoFormatError(source, `line ${line}: ${name} must be a number, found ${JSON.stringify(row[name])}`);
      }
      return value;
    };
    for (const name of ['image_id', 'category_id'] as const) {
      if (row[name] === '') throw new CocoFormatError(source, `line ${line}: ${name} is empty`);
    }
    return {
      image_id: idOf(row.image_id!),
      category_id: idOf(row.category_id!),
      bbox: [number('x'), number('y'), number('width'), number('height')],
      score: number('score'),
    };
  });
  return CocoResults.parse(detections, { source });
}

/** pandas writes a column of integers in which one is missing as 7.0. */
const idOf = (text: string): string => text.replace(/^(-?\d+)\.0+$/, '$1');
