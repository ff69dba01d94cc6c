/** What is known of a published checkpoint, in one row; plain data. */

import type { FileChecksum } from '@icconv/tensor-ops/download';

export interface ZooRow<M = unknown> {
  /** `<library>/<model>`. */
  readonly name: string;
  /** How a picture becomes the input, the classes and the network itself, with the epsilon of its batch norms. */
  readonly model: M;
  /** Where the file is; `by hand` for one that has no address a program could fetch. */
  readonly file: ZooFile | ByHand;
  readonly licence: {
    /** SPDX identifier of the licence that the publisher releases its models under; `NOASSERTION` where there is none. */
    readonly code: string;
    /** What they were trained on, whose own terms may bind too. */
    readonly trainedOn: readonly ('ImageNet-1k' | 'COCO train2017')[];
  };
  /** What its authors measured, in percent, by the names of the task's metric; empty where they say nothing. */
  readonly metric: {
    readonly dataset: 'ImageNet-1k val' | 'COCO val2017';
    readonly values: Readonly<Record<string, number>>;
  };
  /** Where the figures are from. */
  readonly source: string;
}

/** With the checksum that the publisher tells, often the first digits of it in the file's name. */
export type ZooFile = FileChecksum & {
  readonly url: string;
  /** Size in bytes, to three digits; absent where the publisher does not tell. */
  readonly bytes?: number;
};

/** A checkpoint that has no address a program could fetch it from, and how to come by it. */
export interface ByHand {
  readonly steps: readonly string[];
}

/** Publishers' file names end in `-<digits>.pth` or `-<digits>_<date>.pth`. */
export const hashInName = (file: string): string => /-([0-9a-f]{8})[._]/.exec(file)![1]!;

export const MEBIBYTE = 2 ** 20;
