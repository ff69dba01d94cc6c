/** Objects counted by the reason why they are left out or to be known of. */
import { listed } from '@icconv/base';
import type { CocoDataset } from '../data/dataset';
import type { CocoId } from '../format/types';

export const LEFT_OUT = {
  'unknown-image': 'of pictures that the images list lacks',
  'other-category': 'of categories that are not learned',
  crowd: 'marked as crowd (iscrowd 1)',
  ignored: 'marked to be ignored',
  'no-box': 'without box and mask',
  'empty-box': 'with a box without width or height',
  outside: 'with a box outside their picture',
  'no-mask': 'without a mask, or with one without pixels',
  'mask-size': 'with a mask of another size than their picture',
  'no-keypoints': 'without a labelled keypoint',
  'keypoints-outside': 'with all labelled keypoints outside their picture',
  'num-keypoints':
    'with num_keypoints 0 though keypoints are labelled: COCO’s metric does not score them; correct it or leave it out',
  'same-label': 'that give their picture its label once more',
  'several-labels': 'of pictures with labels of several classes',
} as const;

export const NOTES = {
  'box-of-mask': 'with the box of their mask, having none of their own',
  'box-form': 'used with boxes of another form',
  'beyond-border': 'with a box that reaches beyond the picture; it is cut',
  'some-keypoints-outside': 'with labelled keypoints outside the picture; these teach nothing',
  'no-area': 'with area 0 or none; that of the mask, or of 0.53 of the box, is taken for OKS',
  'cannot-be-found': 'with a box that is empty or outside their picture; they count as missed',
  'no-label': 'without a label: left out',
  'unclear-label': 'with labels of several classes, of which none is more right than the others: left out',
} as const;

export type ObjectReason = keyof typeof LEFT_OUT | keyof typeof NOTES;

/** So many objects, for one reason. */
export interface ObjectCount {
  readonly reason: ObjectReason;
  readonly message: string;
  readonly count: number;
  /** What is counted. @defaultValue `annotations` */
  readonly of?: 'pictures';
  /** The first few: ids of annotations, or names of pictures. */
  readonly examples: readonly CocoId[];
}

export const EXAMPLES = 5;

export class Counts<R extends ObjectReason> {
  readonly #found = new Map<R, { count: number; examples: CocoId[] }>();

  constructor(readonly messages: Readonly<Record<R, string>>) {}

  add(reason: R, dataset: CocoDataset, row: number): void {
    const entry = this.#found.get(reason) ?? { count: 0, examples: [] };
    this.#found.set(reason, entry);
    entry.count++;
    if (entry.examples.length < EXAMPLES) entry.examples.push(dataset.annotationId(row) ?? row);
  }

  list(): ObjectCount[] {
    return (Object.keys(this.messages) as R[]).flatMap((reason) => {
      const entry = this.#found.get(reason);
      return entry === undefined ? [] : [{ reason, message: this.messages[reason], ...entry }];
    });
  }
}

/** ` (annotations 3, 7, ...)`, ` (picture a.jpg)` */
export function some({ examples, count, of }: ObjectCount): string {
  const noun = of === 'pictures' ? 'picture' : 'annotation';
  return ` (${noun}${count === 1 ? '' : 's'} ${listed(examples, count)})`;
}
