import { cocoClassNames } from '@icconv/coco';
import type { StateDict } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import {
  type OpenWeightsOptions,
  openWeights,
  StateDictMismatchError,
  selectStateDict,
} from '@icconv/tensor-ops/weights';

/** The classifier of the box head, one output a class and one for the background, by the names of the libraries. */
const CLASSIFIERS = [
  'roi_heads.box_predictor.cls_score.bias',
  'roi_head.bbox_head.fc_cls.bias',
  'bbox_head.fc_cls.bias',
];

/**
 * Names of a checkpoint's classes. A number or a list of the wrong length is told here: the shapes of four tensors that do not fit say less.
 *
 * @param given - names, or how many there are. @defaultValue COCO's names where their number is COCO's, else numbers
 * @throws InvalidArgumentError where the weights have another number; {@link StateDictMismatchError} where they are no detector's.
 */
export async function classesOf(
  weights: string | Readonly<StateDict>,
  given: readonly string[] | number | undefined,
  reading: OpenWeightsOptions = {},
): Promise<readonly string[]> {
  const count = await checkpointClasses(weights, reading);
  const number = typeof given === 'number' ? given : given?.length;
  if (number !== undefined && number !== count) {
    const background = number === count + 1 ? ' (the background is not counted)' : '';
    throw new InvalidArgumentError('createDetector', 'classes', number, `${count}, as the weights have${background}`);
  }
  if (given !== undefined && typeof given !== 'number') return given;
  return cocoClassNames(count) ?? Array.from({ length: count }, (_, i) => `class ${i}`);
}

/**
 * How many classes a detector's checkpoint tells apart, from the shape of its classifier.
 *
 * @throws {@link StateDictMismatchError} where it has none, as a backbone's checkpoint.
 */
export async function checkpointClasses(
  weights: string | StateDict,
  reading: OpenWeightsOptions = {},
): Promise<number> {
  if (typeof weights !== 'string') return countOf('weights', (name) => weights[name]?.shape);
  const file = await openWeights(weights, reading);
  try {
    const { entries } = selectStateDict(file);
    return countOf(weights, (name) => entries.get(name)?.shape);
  } finally {
    await file.close();
  }
}

function countOf(path: string, shapeOf: (name: string) => readonly number[] | undefined): number {
  for (const name of CLASSIFIERS) {
    const outputs = shapeOf(name)?.[0];
    if (outputs !== undefined && outputs >= 2) return outputs - 1;
  }
  throw new StateDictMismatchError(path, `is no detector's checkpoint: it has none of ${CLASSIFIERS.join(', ')}`);
}
