/** Lines of labels files, and which numbers may stand in them. */
import { CocoFormatError } from '../../errors';
import { decimal } from '../decimal';
import type { YoloImage } from './types';

export interface LabelRow {
  readonly image: YoloImage;
  /** From 1. */
  readonly line: number;
  readonly numbers: readonly number[];
}

/** Parts that pass the border by so little were rounded; they are set to the border. */
const TOLERANCE = 1e-3;

/** @throws {@link CocoFormatError} for what is no list of numbers. */
export function parseRows(image: YoloImage): LabelRow[] {
  return image.labels.split(/\r\n|\r|\n/).flatMap((text, i): LabelRow[] => {
    const words = text.replace(/^\ufeff/, '').trim();
    if (words === '') return [];
    const numbers = words.split(/\s+/).map(decimal);
    if (numbers.every((value) => value !== undefined)) return [{ image, line: i + 1, numbers }];
    const shown = JSON.stringify(words.slice(0, 80));
    throw rowError({ image, line: i + 1 }, `expected numbers with spaces between, received ${shown}`);
  });
}

/** `labels/1.txt: line 3` */
export const placeOf = ({ image, line }: Pick<LabelRow, 'image' | 'line'>): string =>
  `${image.labelsName ?? image.fileName}: line ${line}`;

export function rowError(row: Pick<LabelRow, 'image' | 'line'>, problem: string): CocoFormatError {
  return new CocoFormatError(placeOf(row), problem);
}

/** The class number. */
export function classOf(row: LabelRow, classes: number): number {
  const value = row.numbers[0]!;
  if (Number.isInteger(value) && value >= 0 && value < classes) return value;
  if (classes === 0) throw rowError(row, `class ${value} has no name: there are no names`);
  throw rowError(row, `class ${value} is not one of the ${classes} names, whose numbers are 0 to ${classes - 1}`);
}

/** Parts of a picture's side, from 0 to 1. @param what - for the message: `width` */
export function part(row: LabelRow, at: number, what: string): number {
  const value = row.numbers[at]!;
  if (value >= -TOLERANCE && value <= 1 + TOLERANCE) return Math.min(Math.max(value, 0), 1);
  const hint = value > 2 ? "; these look like pixels: divide x by the picture's width, y by its height" : '';
  throw rowError(row, `${what} must be a part of the picture's side, from 0 to 1, received ${value}${hint}`);
}
