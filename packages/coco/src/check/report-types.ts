/** What a training learns from and an evaluation scores, as plain data. */
import type { CocoDataset } from '../data/dataset';
import type { CocoId } from '../format/types';
import type { ObjectCount } from './object-counts';

export interface DataReportOptions {
  /** What is learned or scored: an object's box, its box and mask, its keypoints, or the category of a whole picture. */
  readonly task: 'boxes' | 'masks' | 'keypoints' | 'labels';
  /** What for: COCO's metric counts some objects that teach nothing. */
  readonly use: 'training' | 'evaluation';
  /** Categories that are learned. @defaultValue all of the dataset */
  readonly categoryIds?: readonly CocoId[];
  /** Pictures that are used. @defaultValue all of the dataset */
  readonly imageIds?: readonly CocoId[];
}

/** Plain data, as it stands in JSON. */
export interface DataReport {
  readonly task: DataReportOptions['task'];
  readonly use: DataReportOptions['use'];
  readonly pictures: number;
  /** Of labels: pictures without one that is used. */
  readonly picturesWithoutObjects: number;
  /** Learned from, or scored. Of labels: pictures that have one. */
  readonly objects: number;
  /** Annotations of the used pictures that are not. */
  readonly leftOut: readonly ObjectCount[];
  /** Objects that are used, with something to know about them. */
  readonly notes: readonly ObjectCount[];
  /** The learned categories in their order, with their used objects. */
  readonly classes: readonly { readonly id: CocoId; readonly name: string; readonly objects: number }[];
}

export interface ObjectSelection {
  readonly report: DataReport;
  /** With boxes of masks, see `withBoxes`; for an evaluation what cannot be scored is marked to be ignored. */
  readonly dataset: CocoDataset;
  /** 1 for annotations that are used, by row. */
  readonly used: Uint8Array;
}
