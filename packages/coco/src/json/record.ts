/**
 * One annotation or detection as it is scanned: plain fields, used again for every record, so that a file of millions makes no objects.
 */
import type { CocoId } from '../format/types';
import { keyMatcher, MAX_INT32, readCount, readFinite, readFlag, readId, skipNull } from './fields';
import type { JsonScanner } from './scanner';

/** Bits of {@link CocoRecord.present}. */
export const HAS = {
  id: 1,
  bbox: 2,
  area: 4,
  iscrowd: 8,
  ignore: 16,
  segmentation: 32,
  keypoints: 64,
  numKeypoints: 128,
  score: 256,
  category: 512,
  image: 1024,
} as const;

/** How a mask is written. */
export const MASK = { none: 0, polygons: 1, compressed: 2, counts: 3 } as const;

const KEYS = [
  'id',
  'bbox',
  'area',
  'score',
  'ignore',
  'iscrowd',
  'image_id',
  'keypoints',
  'category_id',
  'segmentation',
  'num_keypoints',
] as const;
type Key = (typeof KEYS)[number];
const matchKey = keyMatcher(KEYS);
const matchMaskKey = keyMatcher(['size', 'counts']);

const BITS: Readonly<Record<Key, number>> = {
  id: HAS.id,
  bbox: HAS.bbox,
  area: HAS.area,
  score: HAS.score,
  ignore: HAS.ignore,
  iscrowd: HAS.iscrowd,
  image_id: HAS.image,
  keypoints: HAS.keypoints,
  category_id: HAS.category,
  segmentation: HAS.segmentation,
  num_keypoints: HAS.numKeypoints,
};

/** Pixels. Squares and products of what lies within stay exact enough; nothing that was measured lies beyond. */
const MAX_COORDINATE = 1e12;
/** Each polygon becomes a mask of its own before they are united. */
const MAX_POLYGONS = 100_000;
/** What a column of 16 bits takes. */
const MAX_KEYPOINT_NUMBERS = 65_535;

const encoder = new TextEncoder();

export class CocoRecord {
  present = 0;
  id: CocoId = 0;
  imageId: CocoId = 0;
  categoryId: CocoId = 0;
  score = 0;
  area = 0;
  iscrowd = 0;
  ignore = 0;
  numKeypoints = 0;
  readonly bbox = new Float64Array(4);
  keypoints = new Float64Array(64);
  keypointCount = 0;
  mask: number = MASK.none;
  maskHeight = 0;
  maskWidth = 0;
  /** Coordinates of all polygons, or run lengths. */
  numbers = new Float64Array(256);
  numberCount = 0;
  /** Coordinates in each polygon. */
  parts = new Int32Array(16);
  partCount = 0;
  /** Compressed run lengths. */
  text = new Uint8Array(0);
  /** Fields that COCO's format does not name: start and end of `"key":value` in the scanner's bytes. */
  readonly extras: number[] = [];
  /** How many of Python's words the scanner had met before this record. */
  words = 0;

  private reset(): void {
    this.present = 0;
    this.iscrowd = 0;
    this.ignore = 0;
    this.keypointCount = 0;
    this.resetMask();
    this.extras.length = 0;
  }

  private resetMask(): void {
    this.mask = MASK.none;
    this.numberCount = 0;
    this.partCount = 0;
  }

  /** Scans one object. Of a key that stands there twice the last value counts, as for every reader of JSON. */
  read(scanner: JsonScanner): void {
    this.reset();
    this.words = scanner.words;
    if (scanner.opensEmpty(123, 125)) return;
    do {
      scanner.string();
      const { start } = scanner;
      const key = matchKey(scanner);
      scanner.expect(58);
      if (key === undefined) {
        scanner.skip();
        this.extras.push(start - 1, scanner.pos);
      } else {
        scanner.field = key;
        this.readField(scanner, key);
        scanner.field = '';
      }
    } while (scanner.more(125));
  }

  private readField(scanner: JsonScanner, key: Key): void {
    const bit = BITS[key];
    this.present |= bit;
    switch (key) {
      case 'image_id':
        this.imageId = readId(scanner, key);
        return;
      case 'score':
        this.score = readFinite(scanner, key);
        return;
      case 'iscrowd':
        this.iscrowd = readFlag(scanner, key);
        return;
      case 'ignore':
        this.ignore = readFlag(scanner, key);
        return;
      case 'keypoints':
        this.keypointCount = 0;
        break;
      case 'segmentation':
        this.resetMask();
        break;
    }
    // The others may be null, which says the same as their absence.
    if (skipNull(scanner)) {
      this.present &= ~bit;
      return;
    }
    switch (key) {
      case 'category_id':
        this.categoryId = readId(scanner, key);
        return;
      case 'id':
        this.id = readId(scanner, key);
        return;
      case 'area':
        this.area = readFinite(scanner, key);
        return;
      case 'num_keypoints':
        this.numKeypoints = readCount(scanner, key, 'keypoints');
        return;
      case 'bbox':
        this.readBox(scanner);
        return;
      case 'keypoints':
        this.readKeypoints(scanner);
        return;
      case 'segmentation':
        this.readMask(scanner);
        return;
    }
  }

  private readBox(scanner: JsonScanner): void {
    const { bbox } = this;
    const { offset } = scanner;
    let n = 0;
    let inside = true;
    if (!scanner.opensEmpty(91, 93)) {
      do {
        const value = scanner.number();
        inside &&= value >= -MAX_COORDINATE && value <= MAX_COORDINATE;
        if (n < 4) bbox[n] = value;
        n++;
      } while (scanner.more(93));
    }
    if (n === 0) {
      this.present &= ~HAS.bbox;
      return;
    }
    if (n === 4 && inside) return;
    const found = n === 4 ? Array.from(bbox).join(', ') : `${n} numbers`;
    throw scanner.error(
      `bbox must be four finite numbers [x, y, width, height] within ${MAX_COORDINATE} pixels, found ${found}`,
      offset,
    );
  }

  private readKeypoints(scanner: JsonScanner): void {
    const { offset } = scanner;
    const count = this.readNumbers(scanner, 'keypoints', 0);
    if (count % 3 !== 0) throw scanner.error(`keypoints must be triples x, y, v; found ${count} numbers`, offset);
    if (count > MAX_KEYPOINT_NUMBERS) {
      throw scanner.error(`keypoints has ${count} numbers; ${MAX_KEYPOINT_NUMBERS} is the limit`, offset);
    }
    this.keypointCount = count;
    if (count === 0) this.present &= ~HAS.keypoints;
  }

  /** A list of numbers, appended from `at` on; returns the new count. */
  private readNumbers(scanner: JsonScanner, into: 'keypoints' | 'numbers', at: number): number {
    let n = at;
    if (scanner.opensEmpty(91, 93)) return n;
    let target = this[into];
    do {
      if (n === target.length) {
        const larger = new Float64Array(n * 2);
        larger.set(target);
        target = larger;
        this[into] = larger;
      }
      const from = scanner.pos;
      const value = scanner.number();
      if (!(value >= -MAX_COORDINATE && value <= MAX_COORDINATE)) {
        scanner.pos = from;
        this.refuse(scanner, into, value);
      }
      target[n++] = value;
    } while (scanner.more(93));
    return n;
  }

  private refuse(scanner: JsonScanner, into: 'keypoints' | 'numbers', value: number): never {
    const [name, remedy] =
      into === 'keypoints' ? ['keypoints', '; an unlabelled keypoint is 0, 0, 0'] : ['segmentation', ''];
    const found = Number.isNaN(value) ? 'null or NaN' : value;
    throw scanner.error(`${name} must be finite numbers within ${MAX_COORDINATE} pixels, found ${found}${remedy}`);
  }

  private readMask(scanner: JsonScanner): void {
    const first = scanner.peek();
    if (first === 123) {
      this.readRunLengths(scanner);
      return;
    }
    const from = scanner.pos;
    if (scanner.opensEmpty(91, 93)) return;
    this.mask = MASK.polygons;
    if (scanner.peek() !== 91) {
      // One polygon without its outer list, as some tools write it.
      scanner.pos = from;
      this.numberCount = this.readNumbers(scanner, 'numbers', 0);
      this.addPart(this.numberCount);
      return;
    }
    do {
      if (this.partCount === MAX_POLYGONS) {
        throw scanner.error(`segmentation has more than ${MAX_POLYGONS} polygons; write a run-length mask instead`);
      }
      const before = this.numberCount;
      this.numberCount = this.readNumbers(scanner, 'numbers', before);
      this.addPart(this.numberCount - before);
    } while (scanner.more(93));
  }

  private addPart(length: number): void {
    if (this.partCount === this.parts.length) {
      const larger = new Int32Array(this.partCount * 2);
      larger.set(this.parts);
      this.parts = larger;
    }
    this.parts[this.partCount++] = length;
  }

  private readRunLengths(scanner: JsonScanner): void {
    const { offset } = scanner;
    this.maskHeight = -1;
    if (!scanner.opensEmpty(123, 125)) {
      do {
        scanner.string();
        const key = matchMaskKey(scanner);
        scanner.expect(58);
        if (key === 'size') {
          scanner.expect(91);
          this.maskHeight = readCount(scanner, 'size', 'pixels');
          scanner.expect(44);
          this.maskWidth = readCount(scanner, 'size', 'pixels');
          scanner.expect(93);
        } else if (key === 'counts') this.readCounts(scanner);
        else scanner.skip();
      } while (scanner.more(125));
    }
    if (this.maskHeight < 0 || this.mask === MASK.none) {
      throw scanner.error('a run-length mask must have size [height, width] and counts', offset);
    }
    if (this.maskHeight * this.maskWidth > MAX_INT32) {
      const size = `${this.maskHeight} x ${this.maskWidth}`;
      throw scanner.error(`a run-length mask may have ${MAX_INT32} pixels at most, found ${size}`, offset);
    }
  }

  private readCounts(scanner: JsonScanner): void {
    this.numberCount = 0;
    if (scanner.peek() !== 91) {
      this.mask = MASK.compressed;
      scanner.string();
      // The alphabet is bytes 48 to 111, whose only escaped member is the backslash.
      this.text = scanner.escaped
        ? encoder.encode(scanner.text())
        : scanner.bytes.subarray(scanner.start, scanner.stop);
      for (const byte of this.text) {
        if (byte < 48 || byte > 111) throw scanner.error("counts is a text that is not COCO's compressed run lengths");
      }
      return;
    }
    this.mask = MASK.counts;
    const { offset } = scanner;
    this.numberCount = this.readNumbers(scanner, 'numbers', 0);
    for (let i = 0; i < this.numberCount; i++) {
      const count = this.numbers[i]!;
      if (count >= 0 && count <= MAX_INT32 && Number.isInteger(count)) continue;
      throw scanner.error(`counts must be whole numbers of pixels, not negative, found ${count}`, offset);
    }
  }
}
