/** What a conversion did: pictures and objects counted, and all that it left out or changed, by kind and with examples. */
import { counted, defined, listed } from '@icconv/base';

/** `left-out`: it is not in the output. `changed`: it is, but not as it was. `note`: what may surprise. */
export type ConversionEffect = 'left-out' | 'changed' | 'note';

const MESSAGES = {
  crowd: ['left-out', 'crowd regions, for which the format has no place'],
  'no-box': ['left-out', 'objects without an extent: no box, and no mask to take one from'],
  'no-mask': ['left-out', 'objects without a mask among polygons'],
  'no-keypoints': ['left-out', 'objects without keypoints among poses'],
  'mask-broken': ['left-out', 'objects whose run lengths are broken or do not add up to their size'],
  'mask-size': ['left-out', 'objects whose run lengths are of another size than their picture'],
  outside: ['left-out', 'objects that lie outside of their picture'],
  'unknown-category': ['left-out', 'objects of categories that the file does not list'],
  'unknown-image': ['left-out', 'objects of images that the file does not list'],
  'label-without-picture': ['left-out', 'labels files without a picture'],
  'unlabelled-left-out': ['left-out', 'pictures without labels'],
  clipped: ['changed', 'objects cut off at the border of their picture'],
  'parts-joined': ['changed', 'masks of several parts, joined to one polygon by lines without width'],
  'mask-traced': ['changed', 'masks traced along their pixels to a polygon'],
  'mask-dropped': ['changed', 'objects of which the box is written, not the mask'],
  'keypoints-dropped': ['changed', 'objects whose keypoints are not written'],
  'keypoints-outside': ['changed', 'objects with keypoints outside of their picture, written as not labelled'],
  visibility: ['changed', 'objects with visibilities other than 0, 1 and 2, written as 2 where above 0'],
  'ignore-dropped': ['changed', 'objects to be ignored, written like all others'],
  'picture-without-label': [
    'note',
    'pictures without a labels file, which count as background (--labelled-only leaves them out)',
  ],
  'no-file-name': ['note', 'images without file_name, named by their id'],
  'same-name': ['note', 'class names that stand there twice; training tells classes apart by them'],
  'no-picture': ['note', 'pictures that are not there or cannot be read'],
  'size-differs': ['note', 'pictures of another size than their annotation file says'],
} as const satisfies Record<string, readonly [ConversionEffect, string]>;

export type ConversionKind = keyof typeof MESSAGES;

export interface ConversionEntry {
  readonly kind: ConversionKind;
  readonly effect: ConversionEffect;
  readonly count: number;
  /** Names of the first few. */
  readonly examples: readonly string[];
  readonly message: string;
}

const EXAMPLES = 5;

/** Give one to a conversion, and read it afterwards. */
export class ConversionReport {
  /** In the output. */
  pictures = 0;
  picturesWithObjects = 0;
  objects = 0;
  /** Which rows YOLO's labels have, in words. */
  layout: string | undefined;
  readonly #found = new Map<ConversionKind, { count: number; examples: string[] }>();

  add(kind: ConversionKind, name: string): void {
    let entry = this.#found.get(kind);
    if (entry === undefined) {
      entry = { count: 0, examples: [] };
      this.#found.set(kind, entry);
    }
    entry.count++;
    if (entry.examples.length < EXAMPLES) entry.examples.push(name);
  }

  /** Counts pictures and objects anew, where one conversion follows on another; what was left out stays. */
  restart(): void {
    this.pictures = 0;
    this.picturesWithObjects = 0;
    this.objects = 0;
  }

  /** Counts a picture of the output with its objects. */
  addPicture(objects: number): void {
    this.pictures++;
    if (objects > 0) this.picturesWithObjects++;
    this.objects += objects;
  }

  get entries(): ConversionEntry[] {
    return (Object.keys(MESSAGES) as ConversionKind[]).flatMap((kind) => {
      const entry = this.#found.get(kind);
      const [effect, message] = MESSAGES[kind];
      return entry === undefined ? [] : [{ kind, effect, ...entry, message }];
    });
  }

  toJSON() {
    const { pictures, picturesWithObjects, objects, layout, entries } = this;
    return {
      pictures,
      picturesWithObjects,
      picturesWithoutObjects: pictures - picturesWithObjects,
      objects,
      ...defined({ layout }),
      entries,
    };
  }
}

const HEADINGS = { 'left-out': 'left out', changed: 'changed', note: 'note' } as const;

/** The report as lines of text. */
export function formatConversion(report: ConversionReport): string {
  const { pictures, picturesWithObjects, picturesWithoutObjects, objects, layout, entries } = report.toJSON();
  const lines = [
    `${counted(pictures, 'picture')} (${picturesWithObjects} with objects, ${picturesWithoutObjects} without), ${counted(objects, 'object')}`,
    ...(layout === undefined ? [] : [`rows: ${layout}`]),
    ...entries.map(({ effect, count, examples, message }) => {
      return `${HEADINGS[effect]}: ${message}: ${count} (${listed(examples, count)})`;
    }),
  ];
  return lines.join('\n');
}
