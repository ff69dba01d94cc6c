/** What the names and shapes of a checkpoint tell of a detector's heads. */
import { cocoClassNames } from '@icconv/coco';
import type { StateDict } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import {
  type OpenWeightsOptions,
  StateDictMismatchError,
  selectStateDict,
  withWeights,
} from '@icconv/tensor-ops/weights';

/** The classifier of the box head, one output a class and one for the background, by the names of the libraries. */
const CLASSIFIERS = [
  'roi_heads.box_predictor.cls_score.bias',
  'roi_head.bbox_head.fc_cls.bias',
  'bbox_head.fc_cls.bias',
];

/** The same of the first box head of a cascade. */
const CASCADE_CLASSIFIERS = ['roi_heads.box_predictor.0.cls_score.bias', 'roi_head.bbox_head.0.fc_cls.bias'];

/** What only a mask head has; torchvision's, mmdetection's and detectron2's. */
const MASK_HEAD = /^roi_heads\.mask_(?:predictor|head)\.|^roi_head\.mask_head\./;

export interface CheckpointHeads {
  /** Classes that are told apart, the background not counted. */
  readonly count: number;
  readonly masks: boolean;
  readonly cascade: boolean;
}

/**
 * Names of a checkpoint's classes. A number or a list of the wrong length is told here: the shapes of four tensors that do not fit say less.
 *
 * @param count - as many as the checkpoint has.
 * @param given - names, or how many there are. @defaultValue COCO's names where their number is COCO's, else numbers
 * @throws InvalidArgumentError where the weights have another number.
 */
export function classesOf(count: number, given: readonly string[] | number | undefined): readonly string[] {
  const number = typeof given === 'number' ? given : given?.length;
  if (number !== undefined && number !== count) {
    const background = number === count + 1 ? ' (the background is not counted)' : '';
    throw new InvalidArgumentError('createDetector', 'classes', number, `${count}, as the weights have${background}`);
  }
  if (given !== undefined && typeof given !== 'number') return given;
  return cocoClassNames(count) ?? Array.from({ length: count }, (_, i) => `class ${i}`);
}

/** @throws {@link StateDictMismatchError} where the weights are no detector's, as a backbone's checkpoint. */
export async function checkpointHeads(
  weights: string | Readonly<StateDict>,
  reading: OpenWeightsOptions = {},
): Promise<CheckpointHeads> {
  if (typeof weights !== 'string') {
    return headsOf('weights', new Map(Object.entries(weights).map(([name, { shape }]) => [name, shape])));
  }
  return withWeights(weights, reading, async (file) => {
    const { entries } = selectStateDict(file);
    return headsOf(weights, new Map([...entries].map(([name, { shape }]) => [name, shape])));
  });
}

function headsOf(path: string, shapes: ReadonlyMap<string, readonly number[]>): CheckpointHeads {
  for (const name of [...CLASSIFIERS, ...CASCADE_CLASSIFIERS]) {
    const outputs = shapes.get(name)?.[0];
    if (outputs === undefined || outputs < 2) continue;
    const masks = [...shapes.keys()].some((own) => MASK_HEAD.test(own));
    return { count: outputs - 1, masks, cascade: CASCADE_CLASSIFIERS.includes(name) };
  }
  throw new StateDictMismatchError(path, `is no detector's checkpoint: it has none of ${CLASSIFIERS.join(', ')}`);
}
