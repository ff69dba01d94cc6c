/** `results.csv`: a row for each epoch, whole after every write. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { FileError } from '@icconv/base';
import papaparse from 'papaparse';

export type ResultRow = Readonly<Record<string, number | string>>;

export class ResultsCsv {
  readonly path: string;
  #rows: ResultRow[];

  /** @param keep - with it, goes on with those rows of an existing file that satisfy it. */
  constructor(path: string, keep?: (row: ResultRow) => boolean) {
    this.path = path;
    this.#rows = keep !== undefined && existsSync(path) ? read(path).filter(keep) : [];
  }

  get rows(): readonly ResultRow[] {
    return this.#rows;
  }

  add(row: ResultRow): void {
    this.#rows.push(row);
    // A metric may turn up in a later epoch: columns are those of all rows.
    const columns = [...new Set(this.#rows.flatMap((one) => Object.keys(one)))];
    const data = this.#rows.map((one) => columns.map((column) => one[column] ?? ''));
    const text = papaparse.unparse({ fields: columns, data }, { newline: '\n' });
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      mkdirSync(dirname(this.path), { recursive: true });
      writeFileSync(temporary, `${text}\n`);
      renameSync(temporary, this.path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw FileError.from(this.path, 'cannot be written', error);
    }
  }
}

function read(path: string): ResultRow[] {
  const { data } = papaparse.parse<ResultRow>(readFileSync(path, 'utf8'), {
    header: true,
    dynamicTyping: true,
    skipEmptyLines: true,
  });
  // Empty cells are absent values.
  return data.map((row) =>
    Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== '')),
  );
}
