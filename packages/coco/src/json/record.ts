/**
 * One annotation or detection as it is scanned: plain fields, used again for every record, so that a file of millions makes no objects.
 */
import type { CocoId } from '../data/types';
import { CocoFormatError } from '../errors';
import { type Key, matchKey, readFlag, readId, skipNull } from './fields';
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

  private reset(): void {
    this.present = 0;
    this.iscrowd = 0;
    this.ignore = 0;
    this.keypointCount = 0;
    this.mask = MASK.none;
    this.numberCount = 0;
    this.partCount = 0;
    this.extras.length = 0;
  }

  /** Scans one object. */
  read(scanner: JsonScanner): void {
    this.reset();
    scanner.expect(123);
    if (scanner.peek() === 125) {
      scanner.pos++;
      return;
    }
    for (;;) {
      scanner.string();
      const { start, stop } = scanner;
      scanner.expect(58);
      const key = matchKey(scanner.bytes, start, stop);
      if (key === undefined) {
        scanner.skip();
        this.extras.push(start - 1, scanner.pos);
      } else this.readField(scanner, key);
      const next = scanner.peek();
      if (next !== 44) {
        if (next !== 125) scanner.fail('"," or "}"');
        scanner.pos++;
        return;
      }
      scanner.pos++;
    }
  }

  private readField(scanner: JsonScanner, key: Key): void {
    switch (key) {
      case 'image_id':
        this.imageId = readId(scanner, key);
        this.present |= HAS.image;
        break;
      case 'category_id':
        if (skipNull(scanner)) break;
        this.categoryId = readId(scanner, key);
        this.present |= HAS.category;
        break;
      case 'score': {
        const { offset } = scanner;
        this.score = scanner.number();
        if (!Number.isFinite(this.score)) {
          throw new CocoFormatError(scanner.source, `score must be a finite number, found ${this.score}`, offset);
        }
        this.present |= HAS.score;
        break;
      }
      case 'bbox':
        this.readBox(scanner);
        break;
      case 'id':
        if (skipNull(scanner)) break;
        this.id = readId(scanner, key);
        this.present |= HAS.id;
        break;
      case 'area':
        this.area = scanner.number();
        if (!Number.isNaN(this.area)) this.present |= HAS.area;
        break;
      case 'iscrowd':
        this.iscrowd = readFlag(scanner);
        this.present |= HAS.iscrowd;
        break;
      case 'ignore':
        this.ignore = readFlag(scanner);
        this.present |= HAS.ignore;
        break;
      case 'num_keypoints':
        this.numKeypoints = scanner.number();
        if (!Number.isNaN(this.numKeypoints)) this.present |= HAS.numKeypoints;
        break;
      case 'keypoints':
        if (skipNull(scanner)) break;
        this.readKeypoints(scanner);
        break;
      case 'segmentation':
        if (skipNull(scanner)) break;
        this.present |= HAS.segmentation;
        this.readMask(scanner);
        break;
    }
  }

  private readBox(scanner: JsonScanner): void {
    if (skipNull(scanner)) return;
    const { bbox } = this;
    const { offset } = scanner;
    scanner.expect(91);
    let n = 0;
    if (scanner.peek() === 93) scanner.pos++;
    else {
      for (;;) {
        const value = scanner.number();
        if (n < 4) bbox[n] = value;
        n++;
        const next = scanner.peek();
        if (next !== 44) {
          if (next !== 93) scanner.fail('"," or "]"');
          scanner.pos++;
          break;
        }
        scanner.pos++;
      }
    }
    if (n === 0) return;
    if (n !== 4 || !Number.isFinite(bbox[0]! + bbox[1]! + bbox[2]! + bbox[3]!)) {
      throw new CocoFormatError(scanner.source, 'bbox must be four finite numbers [x, y, width, height]', offset);
    }
    this.present |= HAS.bbox;
  }

  private readKeypoints(scanner: JsonScanner): void {
    const { offset } = scanner;
    scanner.expect(91);
    const count = this.readNumbers(scanner, 'keypoints', 0);
    if (count % 3 !== 0) {
      throw new CocoFormatError(scanner.source, `keypoints must be triples x, y, v; found ${count} numbers`, offset);
    }
    this.keypointCount = count;
    if (count > 0) this.present |= HAS.keypoints;
  }

  /** Numbers up to the closing bracket, appended from `at` on; returns the new count. The opening bracket was read. */
  private readNumbers(scanner: JsonScanner, into: 'keypoints' | 'numbers', at: number): number {
    let target = this[into];
    let n = at;
    if (scanner.peek() === 93) {
      scanner.pos++;
      return n;
    }
    for (;;) {
      if (n === target.length) {
        const larger = new Float64Array(n * 2);
        larger.set(target);
        target = larger;
        this[into] = larger;
      }
      target[n++] = scanner.number();
      const next = scanner.peek();
      scanner.pos++;
      if (next === 44) continue;
      if (next === 93) return n;
      scanner.pos--;
      scanner.fail('"," or "]"');
    }
  }

  private readMask(scanner: JsonScanner): void {
    if (scanner.peek() === 123) {
      this.readRunLengths(scanner);
      return;
    }
    scanner.expect(91);
    const first = scanner.peek();
    if (first === 93) {
      scanner.pos++;
      return;
    }
    this.mask = MASK.polygons;
    if (first !== 91) {
      // One polygon without its outer list, as some tools write it.
      this.numberCount = this.readNumbers(scanner, 'numbers', 0);
      this.addPart(this.numberCount);
      return;
    }
    for (;;) {
      scanner.expect(91);
      const before = this.numberCount;
      this.numberCount = this.readNumbers(scanner, 'numbers', before);
      this.addPart(this.numberCount - before);
      const next = scanner.peek();
      scanner.pos++;
      if (next === 44) continue;
      if (next === 93) return;
      scanner.pos--;
      scanner.fail('"," or "]"');
    }
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
    scanner.expect(123);
    for (;;) {
      scanner.string();
      const key = scanner.text();
      scanner.expect(58);
      if (key === 'size') {
        scanner.expect(91);
        this.maskHeight = scanner.number();
        scanner.expect(44);
        this.maskWidth = scanner.number();
        scanner.expect(93);
      } else if (key === 'counts' && scanner.peek() === 91) {
        this.mask = MASK.counts;
        scanner.pos++;
        this.numberCount = this.readNumbers(scanner, 'numbers', 0);
      } else if (key === 'counts') {
        this.mask = MASK.compressed;
        scanner.string();
        // The alphabet is bytes 48 to 111, whose only escaped member is the backslash.
        this.text = scanner.escaped
          ? encoder.encode(scanner.text())
          : scanner.bytes.subarray(scanner.start, scanner.stop);
      } else scanner.skip();
      const next = scanner.peek();
      scanner.pos++;
      if (next === 44) continue;
      if (next === 125) break;
      scanner.pos--;
      scanner.fail('"," or "}"');
    }
    if (!(this.maskHeight >= 0) || !(this.maskWidth >= 0) || this.mask === MASK.none) {
      throw new CocoFormatError(scanner.source, 'a run-length mask must have size [height, width] and counts', offset);
    }
  }
}
