/** COCO files, written whole: an older file stays until the new one is complete. */
import { writeAtomically } from '@icconv/base/files';
import type { CocoDataset } from '../data/dataset';
import type { CocoResults } from '../data/results';
import { recordToJson } from '../format/ids';

/** Writes an annotation file. @throws FileError where the disk refuses; an older file is then as it was. */
export async function saveDataset(path: string, dataset: CocoDataset): Promise<void> {
  await writeAtomically(path, dataset.toJsonPieces());
}

/** Writes a results file. @throws FileError as {@link saveDataset}. */
export async function saveResults(path: string, results: CocoResults): Promise<void> {
  await writeAtomically(path, resultPieces(results));
}

function* resultPieces(results: CocoResults): Generator<string> {
  yield '[';
  for (let row = 0; row < results.size; row++) {
    const { image_id, category_id, ...fields } = results.at(row);
    yield `${row > 0 ? ',\n' : ''}${recordToJson({ image_id, category_id }, fields)}`;
  }
  yield ']\n';
}
