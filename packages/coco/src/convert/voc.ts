/**
 * Pascal VOC: one XML file a picture. Corners there are whole pixels counted from 1, both inside the box: xmin = x + 1, xmax = x + width.
 * `difficult` objects count neither as found nor as missed, which is COCO's `ignore`.
 */

import type { PictureSize } from '@icconv/base';
import { relativeName, withoutExtension } from '@icconv/base';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { CocoDataset } from '../data/dataset';
import { CocoFormatError } from '../errors';
import type { CocoAnnotation, CocoImage } from '../format/types';
import { clipBox } from './clip';
import { decimal } from './decimal';
import { pictureObjects } from './objects';
import type { ConversionReport } from './report';
import type { ReportOption } from './yolo/types';

export interface VocFile {
  /** Name of the XML file, relative, with `/` between folders. */
  readonly fileName: string;
  readonly xml: string;
  /** Where it was read, for messages. @defaultValue `fileName` */
  readonly source?: string;
}

/** A file to be written, and the picture it describes. */
export interface VocOutput extends VocFile {
  readonly picture: string;
}

export interface VocReadOptions extends ReportOption {
  /** Categories in order. @defaultValue the names found, sorted */
  readonly names?: readonly string[];
  /**
   * Size of a picture by its name, for files without `<size>`, and to tell where it differs; undefined where there is no such picture.
   * @defaultValue none
   */
  readonly sizeOf?: (fileName: string) => PictureSize | undefined;
}

export interface VocWriteOptions extends ReportOption {
  /** Leave out pictures without an object. @defaultValue `false`: they teach what is background */
  readonly labelledOnly?: boolean;
}

/** What XML gives for an element: text, the elements in it by name, or a list where there are several. */
type Element = string | { readonly [name: string]: Element } | readonly Element[] | undefined;

interface VocObject {
  readonly name: string;
  readonly difficult: boolean;
  /** xmin, ymin, xmax, ymax. */
  readonly corners: readonly number[];
  /** It has a polygon too, which is not read. */
  readonly hasMask: boolean;
}

interface VocPicture {
  readonly source: string;
  /** What the picture may be called, the likeliest first. */
  readonly names: readonly string[];
  readonly size: PictureSize | undefined;
  readonly objects: readonly VocObject[];
}

/**
 * VOC files to a COCO dataset. Boxes are cut off at the border of their picture; objects without an extent are left out.
 *
 * @throws {@link CocoFormatError} for a file that is no VOC annotation, and for two of one picture; UnsafeNameError for a `<filename>` that is no name of a file.
 */
export function datasetFromVoc(files: readonly VocFile[], options: VocReadOptions = {}): CocoDataset {
  const { report, sizeOf } = options;
  const parser = new XMLParser({ isArray: (name) => name === 'object', parseTagValue: false, htmlEntities: true });
  const pictures = files.map((file) => parsePicture(file, parser));
  const names = options.names ?? [...new Set(pictures.flatMap((p) => p.objects.map((o) => o.name)))].sort();
  report?.restart();
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const described = new Map<string, string>();
  for (const { source, names: candidates, size: written, objects } of pictures) {
    // The picture that is there; the first name where nobody looks.
    const fileName = candidates.find((name) => sizeOf?.(name) !== undefined) ?? candidates[0]!;
    const actual = sizeOf?.(fileName);
    const other = described.get(fileName);
    if (other !== undefined) {
      const problem = `its <filename> is ${fileName}, as that of ${other}; correct the one that is not`;
      throw new CocoFormatError(source, problem);
    }
    described.set(fileName, source);
    if (sizeOf !== undefined && actual === undefined) report?.add('no-picture', fileName);
    const size = written ?? actual;
    if (size === undefined)
      throw new CocoFormatError(
        source,
        'no <size> with width and height; give the folder of the pictures to take it from',
      );
    if (actual !== undefined && (actual.width !== size.width || actual.height !== size.height)) {
      report?.add('size-differs', `${fileName} is ${actual.width}x${actual.height}, not ${size.width}x${size.height}`);
    }
    const id = images.length + 1;
    const before = annotations.length;
    images.push({ id, file_name: fileName, width: size.width, height: size.height });
    for (const [i, object] of objects.entries()) {
      const category = names.indexOf(object.name);
      if (category < 0)
        throw new CocoFormatError(source, `object ${object.name} is not one of the names ${names.join(', ')}`);
      const place = `object ${i + 1} of ${source}`;
      const bbox = boxOfCorners(object.corners, size, place, report);
      if (bbox === undefined) continue;
      if (object.hasMask) report?.add('mask-dropped', place);
      annotations.push({
        id: annotations.length + 1,
        image_id: id,
        category_id: category + 1,
        bbox,
        area: bbox[2]! * bbox[3]!,
        iscrowd: 0,
        ...(object.difficult && { ignore: 1 }),
      });
    }
    report?.addPicture(annotations.length - before);
  }
  const categories = names.map((name, k) => ({ id: k + 1, name }));
  return CocoDataset.parse({ images, categories, annotations }, { source: 'VOC files' });
}

function boxOfCorners(
  [xmin, ymin, xmax, ymax]: readonly number[],
  size: PictureSize,
  name: string,
  report: ConversionReport | undefined,
): readonly number[] | undefined {
  const [x, y] = [xmin! - 1, ymin! - 1];
  const [w, h] = [xmax! - x, ymax! - y];
  const inside = clipBox([x, y, w, h], size);
  if (inside === undefined) {
    report?.add(w > 0 && h > 0 ? 'outside' : 'no-box', name);
    return undefined;
  }
  if (inside.clipped) report?.add('clipped', name);
  return inside.box;
}

function parsePicture({ fileName, xml, source = fileName }: VocFile, parser: XMLParser): VocPicture {
  if (xml.trim() === '') throw new CocoFormatError(source, 'it is empty');
  // VOC has none, and a few bytes of them can stand for gigabytes.
  if (/<!ENTITY/i.test(xml)) throw new CocoFormatError(source, 'it declares entities, which no VOC annotation does');
  let annotation: Element;
  try {
    annotation = (parser.parse(xml, true) as { annotation?: Element }).annotation;
  } catch (error) {
    throw new CocoFormatError(source, `no XML (${(error as Error).message})`);
  }
  if (annotation === undefined) throw new CocoFormatError(source, 'no <annotation> element');
  if (Array.isArray(annotation)) throw new CocoFormatError(source, 'several <annotation> elements');
  const size = child(annotation, 'size');
  const [width, height] = [side(child(size, 'width')), side(child(size, 'height'))];
  const objects = (child(annotation, 'object') as readonly Element[] | undefined) ?? [];
  return {
    source,
    names: pictureNames(fileName, text(child(annotation, 'filename')), source),
    size: width !== undefined && height !== undefined ? { width, height } : undefined,
    objects: objects.map((object, i) => parseObject(object, source, i + 1)),
  };
}

function parseObject(object: Element, source: string, index: number): VocObject {
  const fail = (problem: string): never => {
    throw new CocoFormatError(source, `object ${index}${problem}`);
  };
  const names = child(object, 'name');
  const name = text(names);
  if (name === undefined || name === '') return fail(Array.isArray(names) ? ': several <name>' : ': no <name>');
  const box = child(object, 'bndbox');
  if (box === undefined) fail(` (${name}): no <bndbox>${otherShape(object)}`);
  if (Array.isArray(box)) fail(` (${name}): several <bndbox>`);
  const corners = ['xmin', 'ymin', 'xmax', 'ymax'].map((key) => {
    const written = text(child(box, key));
    const shown = written === undefined ? 'nothing' : JSON.stringify(written.slice(0, 40));
    return number(written) ?? fail(` (${name}): no number ${key} in <bndbox>, received ${shown}`);
  });
  const [xmin, ymin, xmax, ymax] = corners as [number, number, number, number];
  if (xmax < xmin - 1 || ymax < ymin - 1) {
    fail(` (${name}): xmax and ymax must not be less than xmin and ymin, received ${corners.join(', ')}`);
  }
  const difficult = /^(?:1|true)$/i.test(text(child(object, 'difficult')) ?? '');
  return { name, difficult, corners, hasMask: child(object, 'polygon') !== undefined };
}

/** Shapes that tools write in VOC's frame. */
function otherShape(object: Element): string {
  const shape = ['robndbox', 'polygon', 'mask', 'point'].find((one) => child(object, one) !== undefined);
  return shape === undefined ? '' : `, only <${shape}>; export boxes, or convert another format`;
}

/** The XML file lies where its picture lies, or would lie: in the same folder of a tree of its own; or else the name is the whole name. */
function pictureNames(xmlName: string, filename: string | undefined, source: string): readonly string[] {
  const own = relativeName(xmlName);
  if (filename === undefined || filename === '') return [`${withoutExtension(own)}.jpg`];
  const name = relativeName(filename, source);
  const folder = own.slice(0, own.lastIndexOf('/') + 1);
  return name.startsWith(folder) ? [name] : [folder + name, name];
}

function child(element: Element, name: string): Element {
  if (typeof element !== 'object' || Array.isArray(element) || !Object.hasOwn(element, name)) return undefined;
  return (element as Readonly<Record<string, Element>>)[name];
}

const text = (element: Element): string | undefined => (typeof element === 'string' ? element.trim() : undefined);

function number(text: string | undefined): number | undefined {
  return decimal(text ?? '');
}

/** Pixels of a side. Some tools write zeros where they did not look. */
function side(element: Element): number | undefined {
  const value = number(text(element));
  return value !== undefined && Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : undefined;
}

/**
 * A COCO dataset to VOC files, named and laid in folders like their pictures. Boxes are rounded to whole pixels, at least one; `ignore`
 * becomes `difficult`; crowds and objects without an extent are left out.
 *
 * @throws UnsafeNameError, and {@link CocoArgumentError} for a picture without a size.
 */
export function datasetToVoc(dataset: CocoDataset, options: VocWriteOptions = {}): VocOutput[] {
  const { report, labelledOnly = false } = options;
  const builder = new XMLBuilder({ format: true, indentBy: '  ' });
  const files: VocOutput[] = [];
  for (const { size, fileName, objects } of pictureObjects(dataset, 'datasetToVoc', report)) {
    if (labelledOnly && objects.length === 0) {
      report?.add('unlabelled-left-out', fileName);
      continue;
    }
    const object = objects.map(({ annotation, name, box: [x, y, w, h], clipped, category }) => {
      if (clipped) report?.add('clipped', name);
      const { segmentation, keypoints = [] } = annotation;
      if (segmentation !== undefined && ('counts' in segmentation || segmentation.length > 0))
        report?.add('mask-dropped', name);
      if (keypoints.length > 0) report?.add('keypoints-dropped', name);
      const [xmin, xmax] = wholePixels(x, x + w, size.width);
      const [ymin, ymax] = wholePixels(y, y + h, size.height);
      const { name: category_ } = dataset.categories[category]!;
      return { name: category_, difficult: annotation.ignore === 1 ? 1 : 0, bndbox: { xmin, ymin, xmax, ymax } };
    });
    report?.addPicture(object.length);
    const slash = fileName.lastIndexOf('/');
    const annotation = {
      ...(slash > 0 && { folder: fileName.slice(0, slash) }),
      filename: fileName.slice(slash + 1),
      size: { width: size.width, height: size.height, depth: 3 },
      object,
    };
    files.push({
      picture: fileName,
      fileName: `${withoutExtension(fileName)}.xml`,
      xml: builder.build({ annotation }),
    });
  }
  return files;
}

/** First and last pixel, counted from 1. */
function wholePixels(from: number, to: number, side: number): [number, number] {
  const first = Math.min(Math.round(from) + 1, side);
  return [first, Math.max(first, Math.min(Math.round(to), side))];
}
