/**
 * Labels of whole pictures: a picture has the one class that its annotations name, by boxes or without.
 *
 * A picture with labels of several classes is left out, in training as in evaluation: which of them comes first in a file is chance, and a
 * network that gives one class a picture would be taught, or scored, by it. Crowds count: a crowd of sheep is a picture of sheep.
 */
import type { CocoDataset } from '../data/dataset';
import type { CocoId } from '../format/types';
import { Counts, EXAMPLES, LEFT_OUT, NOTES, type ObjectCount } from './object-counts';
import type { DataReportOptions, ObjectSelection } from './report-types';

const NONE = -1;
const SEVERAL = -2;

/** @param options - of the task `labels`. */
export function selectLabels(dataset: CocoDataset, options: DataReportOptions): ObjectSelection {
  const { use } = options;
  const { annotations: a } = dataset.columns;
  const categoryIds = options.categoryIds ?? dataset.categories.map(({ id }) => id);
  const classOf = new Map(categoryIds.map((id, index) => [id, index]));
  const imageIds = options.imageIds ?? dataset.getImgIds();
  const wanted = new Set(imageIds.map((id) => dataset.imageRow(id)));
  const leftOut = new Counts(LEFT_OUT);
  const objects = new Array<number>(categoryIds.length).fill(0);
  const used = new Uint8Array(a.count);
  /** By row of the images list: a class, or why there is none. */
  const labels = new Int32Array(dataset.imageCount).fill(NONE);
  /** Annotations that say a class, in the order of the file. */
  const said: { readonly row: number; readonly image: number }[] = [];

  for (let row = 0; row < a.count; row++) {
    const image = dataset.imageRow(a.imageIds[a.imageIndex[row]!]!);
    if (image >= 0 && !wanted.has(image)) continue;
    const category = a.categoryIndex[row]! < 0 ? undefined : classOf.get(a.categoryIds[a.categoryIndex[row]!]!);
    if (image < 0) leftOut.add('unknown-image', dataset, row);
    else if (category === undefined) leftOut.add('other-category', dataset, row);
    else if (use === 'evaluation' && a.ignore[row] === 1) leftOut.add('ignored', dataset, row);
    else {
      labels[image] = labels[image] === NONE || labels[image] === category ? category : SEVERAL;
      said.push({ row, image });
    }
  }
  const labelled = new Uint8Array(dataset.imageCount);
  for (const { row, image } of said) {
    if (labels[image] === SEVERAL) leftOut.add('several-labels', dataset, row);
    else if (labelled[image] === 1) leftOut.add('same-label', dataset, row);
    else {
      labelled[image] = used[row] = 1;
      objects[labels[image]!]!++;
    }
  }
  const names = new Map(dataset.categories.map(({ id, name }) => [id, name]));
  const sum = objects.reduce((all, count) => all + count, 0);
  return {
    report: {
      ...{ task: 'labels', use, pictures: wanted.size, picturesWithoutObjects: wanted.size - sum, objects: sum },
      leftOut: leftOut.list(),
      notes: [picturesNote('no-label', NONE), picturesNote('unclear-label', SEVERAL)].flat(),
      classes: categoryIds.map((id, i) => ({ id, name: names.get(id) ?? String(id), objects: objects[i]! })),
    },
    dataset,
    used,
  };

  function picturesNote(reason: 'no-label' | 'unclear-label', label: number): ObjectCount[] {
    const found = [...wanted].filter((image) => labels[image] === label);
    if (found.length === 0) return [];
    const examples = found.slice(0, EXAMPLES).map((image): CocoId => {
      const { file_name: name, id } = dataset.image(image);
      return name ?? id;
    });
    return [{ reason, message: NOTES[reason], count: found.length, of: 'pictures', examples }];
  }
}
