/** Compares what a file gives with what a model expects. */
import { type ShapeDifference, StateDictMismatchError } from '../../errors';
import type { PlannedTensor } from './plan';
import type { InceptionCounts } from './types';

export interface StateDictMatch {
  readonly matched: readonly PlannedTensor[];
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly ShapeDifference[];
}

/** @param expected - shapes by name, in the layout of the plan's results. */
export function matchStateDict(
  tensors: readonly PlannedTensor[],
  expected: Readonly<Record<string, readonly number[]>>,
): StateDictMatch {
  const matched: PlannedTensor[] = [];
  const unexpected: string[] = [];
  const mismatched: ShapeDifference[] = [];
  const found = new Set<string>();
  for (const tensor of tensors) {
    const shape = Object.hasOwn(expected, tensor.name) ? expected[tensor.name] : undefined;
    if (shape === undefined) {
      unexpected.push(tensor.name);
      continue;
    }
    found.add(tensor.name);
    if (shape.join() === tensor.shape.join()) matched.push(tensor);
    else {
      const cause = likelyCause(tensor.name, shape, tensor.shape);
      mismatched.push({ name: tensor.name, expected: shape, received: tensor.shape, cause });
    }
  }
  return { matched, missing: Object.keys(expected).filter((name) => !found.has(name)), unexpected, mismatched };
}

/** Layers whose last dimension counts classes or joints. */
const HEADS =
  /(?:^|[._])(?:fc|classifier|head|cls|bbox|cls_score|bbox_pred|cls_logits|mask_fcn_logits|final_layer|predictor)(?:[._]|$)/;

/** Why the shapes differ, as well as it can be told from them; shapes in TensorFlow's layout. */
function likelyCause(name: string, expected: readonly number[], received: readonly number[]): string {
  const same = (shape: readonly number[]) =>
    shape.length === received.length && shape.every((size, d) => size === received[d]);
  if (expected.length !== received.length)
    return 'a tensor of another kind has this name; the file belongs to another architecture';
  if (expected.length === 4 && same([expected[3]!, expected[2]!, expected[0]!, expected[1]!])) {
    return "the filter is in the other framework's order; set layout to what the file has";
  }
  if (expected.length === 2 && expected[0] !== expected[1] && same([...expected].reverse())) {
    return "the matrix is in the other framework's order; set layout to what the file has";
  }
  if (expected.length === 4 && expected[2] === received[2] && expected[3] === received[3]) {
    const [wanted, given] = [expected[0]!, received[0]!];
    return given > wanted && wanted === 3
      ? `a search network's ${given} x ${received[1]} kernel; crop it to its pattern first`
      : 'another kernel size: the file belongs to another architecture';
  }
  if (HEADS.test(name)) {
    return `a head for another number of classes (${received.at(-1)} outputs in the file, ${expected.at(-1)} in the model); leave it out or set the model's number`;
  }
  if (expected.length === 4 && expected[2] !== received[2] && expected[3] === received[3]) {
    return 'another number of groups or input channels: another width or cardinality';
  }
  return 'another width or depth: the file belongs to another architecture';
}

// Enough to see what is wrong; the error's fields hold all of them.
const SHOWN = 6;

/** Fails for what `strict` and `skipMismatched` do not allow. */
export function requireMatch(
  path: string,
  match: StateDictMatch,
  options: {
    readonly strict: boolean;
    readonly skipMismatched: boolean;
    readonly inceptionCounts?: InceptionCounts | undefined;
  },
): void {
  const problems: string[] = [];
  if (match.matched.length === 0 && match.mismatched.length === 0 && match.missing.length > 0) {
    problems.push(
      `no name fits: the file has ${list(match.unexpected)}, the model expects ${list(match.missing)}; perhaps a prefix has to go`,
    );
  } else if (options.strict) {
    if (match.missing.length > 0)
      problems.push(`${match.missing.length} missing from the file: ${list(match.missing)}`);
    if (match.unexpected.length > 0)
      problems.push(`${match.unexpected.length} unknown to the model: ${list(match.unexpected)}`);
  }
  if (!options.skipMismatched) {
    for (const { name, expected, received, cause } of match.mismatched.slice(0, SHOWN)) {
      problems.push(`${name} has shape [${received.join(', ')}], the model expects [${expected.join(', ')}]: ${cause}`);
    }
    const more = match.mismatched.length - SHOWN;
    if (more > 0) problems.push(`${more} more shapes differ`);
  }
  if (problems.length > 0) throw new StateDictMismatchError(path, problems.join('; '), match);
}

function list(names: readonly string[]): string {
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return names.slice(0, SHOWN).join(', ') + more;
}
