/** The weights of a super-network among those of a larger one: by prefix, of the shapes that its config says. */
import { type ResNetConfig, resnetShapes, type StateDict } from '@icconv/models';
import { InvalidArgumentError, ShapeMismatchError } from '@icconv/tensor-ops';
import { superLayers } from './resnet-layers';

export interface PrefixOptions {
  /** What stands before the backbone's names, such as `backbone.body.` in a detector. @defaultValue `''` */
  readonly prefix?: string;
}

/** @throws {@link ShapeMismatchError} naming the filter whose K is another, with both shapes. */
export function checkSuperWeights(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  { prefix = '' }: PrefixOptions = {},
): void {
  const shapes = resnetShapes(config);
  for (const { name } of superLayers(config)) {
    const shape = shapes[`${name}.weight`]!;
    const found = requireWeight(weights, `${prefix}${name}.weight`);
    if (found.shape.length !== shape.length || shape.some((length, axis) => found.shape[axis] !== length)) {
      throw new ShapeMismatchError(
        'edo',
        `weights["${prefix}${name}.weight"]`,
        `[${shape.join(', ')}] (K = ${shape[0]})`,
        found.shape,
      );
    }
  }
}

/** @throws {@link InvalidArgumentError} unless every name is there. */
export function requireWeight<T>(weights: Readonly<Record<string, T>>, name: string): T {
  const found = Object.hasOwn(weights, name) ? weights[name] : undefined;
  if (found === undefined) throw new InvalidArgumentError('edo', `weights["${name}"]`, found, 'a tensor');
  return found;
}
