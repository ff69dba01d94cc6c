import type { CocoDataset } from '../../data/dataset';
import type { CocoId } from '../../format/types';

/** A data set and where its pictures lie: what every task learns from and is scored on. */
export interface CocoData {
  readonly dataset: CocoDataset;
  /** Folder that `file_name` is resolved against. */
  readonly folder: string;
  /** Only these pictures. @defaultValue all */
  readonly imageIds?: readonly CocoId[];
  /** Category of each class number, where names do not tell; undefined for a class that the data set lacks. @defaultValue found by name */
  readonly categoryIds?: readonly (CocoId | undefined)[];
}
