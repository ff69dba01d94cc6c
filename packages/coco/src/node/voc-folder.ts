/** Folders of Pascal VOC files, read and written whole. */
import { isPictureName } from '@icconv/base';
import { decodeText, readOrdinaryFile, resolveInside, writeFolderAtomically } from '@icconv/base/files';
import { imageSize } from '@icconv/base/pictures';
import type { VocReadOptions, VocWriteOptions } from '../convert/voc';
import type { CocoDataset } from '../data/dataset';
import { CocoArgumentError } from '../errors';
import { eachAtOnce } from './at-once';
import { listFiles } from './listing';

/** With a parser of XML that other formats have no need of. */
const voc = () => import('../convert/voc');

export interface VocFolderOptions extends Omit<VocReadOptions, 'sizeOf'> {
  /** Folder of the pictures, for sizes that the files lack, and to report those that differ. @defaultValue not looked at */
  readonly images?: string;
}

/**
 * Reads a folder of Pascal VOC files, and the folders in it.
 *
 * @throws as `datasetFromVoc`; FileError; ImageDecodeError for a picture that cannot be read.
 */
export async function loadVoc(folder: string, options: VocFolderOptions = {}): Promise<CocoDataset> {
  const { images, ...readOptions } = options;
  const names = await listFiles(folder, (name) => /\.xml$/i.test(name));
  if (names.length === 0) throw new CocoArgumentError('loadVoc', 'folder', folder, 'a folder with .xml files');
  const files = await eachAtOnce(names, async (fileName) => {
    const source = resolveInside(folder, fileName);
    return { fileName, source, xml: xmlText(await readOrdinaryFile(source), source) };
  });
  const { datasetFromVoc } = await voc();
  if (images === undefined) return datasetFromVoc(files, readOptions);
  const pictures = await listFiles(images, isPictureName);
  const sizes = new Map(
    await eachAtOnce(pictures, async (name) => [name, await imageSize(resolveInside(images, name))] as const),
  );
  return datasetFromVoc(files, { ...readOptions, sizeOf: (name) => sizes.get(name) });
}

/** XML may name its encoding in its first line, which is ASCII in all that need naming. */
function xmlText(bytes: Uint8Array, source: string): string {
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const [, declared] = /^(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(start) ?? [];
  return decodeText(bytes, source, declared);
}

/**
 * Writes a folder of Pascal VOC files, in the folders of their pictures (`a/1.xml` for `a/1.jpg`). An older folder is replaced as a
 * whole; one with files that are not written anew is refused.
 *
 * @throws NameCollisionError where two pictures would have one file; FileError; as `datasetToVoc`.
 */
export async function saveVoc(folder: string, dataset: CocoDataset, options: VocWriteOptions = {}): Promise<void> {
  const { datasetToVoc } = await voc();
  const files = datasetToVoc(dataset, options);
  const written = new Set(files.map(({ fileName }) => fileName));
  await writeFolderAtomically(
    folder,
    async (out) => {
      await eachAtOnce(files, ({ fileName, xml, picture }) => out.add(fileName, xml, picture));
    },
    { replaces: (name) => written.has(name) },
  );
}
