/**
 * Pascal VOC: one XML file a picture. Corners there are whole pixels counted from 1, both inside the box: xmin = x + 1, xmax = x + width.
 * `difficult` objects count neither as found nor as missed, which is COCO's `ignore`.
 */
import { XMLBuilder, XMLParser } from 'fast-xml-parser';
import { CocoDataset } from '../data/dataset';
import type { CocoAnnotation, CocoImage } from '../data/types';
import { CocoFormatError } from '../errors';

export interface VocFile {
  /** Name of the XML file. */
  readonly fileName: string;
  readonly xml: string;
}

interface VocObject {
  readonly name?: string;
  readonly difficult?: string;
  readonly bndbox?: Readonly<Record<'xmin' | 'ymin' | 'xmax' | 'ymax', string>>;
}

interface VocAnnotation {
  readonly filename?: string;
  readonly size?: { readonly width?: string; readonly height?: string };
  readonly object?: readonly VocObject[];
}

/**
 * VOC files to a COCO dataset.
 *
 * @param options.names - categories in order; by default the names found, sorted.
 * @throws {@link CocoFormatError} for a file that is no VOC annotation.
 */
export function datasetFromVoc(
  files: readonly VocFile[],
  options: { readonly names?: readonly string[] } = {},
): CocoDataset {
  const parser = new XMLParser({ isArray: (name) => name === 'object', parseTagValue: false });
  const parsed = files.map(({ fileName, xml }) => {
    let annotation: VocAnnotation | undefined;
    try {
      annotation = (parser.parse(xml, true) as { annotation?: VocAnnotation }).annotation;
    } catch (error) {
      throw new CocoFormatError(fileName, `no XML (${(error as Error).message})`);
    }
    if (annotation === undefined) throw new CocoFormatError(fileName, 'no <annotation> element');
    return { fileName, annotation };
  });
  const names =
    options.names ?? [...new Set(parsed.flatMap((p) => (p.annotation.object ?? []).map((o) => o.name ?? '')))].sort();
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  for (const { fileName, annotation } of parsed) {
    const id = images.length + 1;
    const width = Number(annotation.size?.width);
    const height = Number(annotation.size?.height);
    if (!(width > 0) || !(height > 0)) throw new CocoFormatError(fileName, 'no <size> with width and height');
    images.push({ id, file_name: annotation.filename ?? fileName.replace(/\.xml$/i, '.jpg'), width, height });
    for (const object of annotation.object ?? []) {
      const corner = (key: 'xmin' | 'ymin' | 'xmax' | 'ymax') => {
        const value = Number(object.bndbox?.[key]);
        if (!Number.isFinite(value))
          throw new CocoFormatError(fileName, `object ${object.name}: no ${key} in <bndbox>`);
        return value;
      };
      const category = names.indexOf(object.name ?? '');
      if (category < 0)
        throw new CocoFormatError(fileName, `object ${object.name} is not one of the names ${names.join(', ')}`);
      const x = corner('xmin') - 1;
      const y = corner('ymin') - 1;
      const bbox = [x, y, corner('xmax') - x, corner('ymax') - y];
      annotations.push({
        id: annotations.length + 1,
        image_id: id,
        category_id: category + 1,
        bbox,
        area: bbox[2]! * bbox[3]!,
        iscrowd: 0,
        ...(object.difficult?.trim() === '1' && { ignore: 1 }),
      });
    }
  }
  const categories = names.map((name, k) => ({ id: k + 1, name }));
  return CocoDataset.parse({ images, categories, annotations }, { source: 'VOC files' });
}

/** A COCO dataset to VOC files; boxes are rounded to whole pixels, crowds are left out, `ignore` becomes `difficult`. */
export function datasetToVoc(dataset: CocoDataset): VocFile[] {
  const builder = new XMLBuilder({ format: true, indentBy: '  ' });
  const names = new Map(dataset.categories.map((c) => [c.id, c.name]));
  const { annotations: a } = dataset.columns;
  return Array.from({ length: dataset.imageCount }, (_, row) => {
    const image = dataset.image(row);
    const filename = image.file_name ?? `${image.id}.jpg`;
    const object = dataset.rows({ imgIds: image.id, iscrowd: false }).map((r) => {
      const [x, y, w, h] = a.bbox.subarray(r * 4, r * 4 + 4) as unknown as [number, number, number, number];
      const category = a.categoryIds[a.categoryIndex[r]!]!;
      return {
        name: names.get(category) ?? String(category),
        difficult: a.ignore[r]!,
        bndbox: { xmin: Math.round(x) + 1, ymin: Math.round(y) + 1, xmax: Math.round(x + w), ymax: Math.round(y + h) },
      };
    });
    const size = { width: image.width ?? 0, height: image.height ?? 0, depth: 3 };
    return {
      fileName: filename.replace(/^.*[\\/]/, '').replace(/(\.[^.]*)?$/, '.xml'),
      xml: builder.build({ annotation: { filename, size, object } }),
    };
  });
}
