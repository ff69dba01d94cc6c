/** Initializers, regularizers and constraints of tf.layers by name, config or object. */

import { InvalidArgumentError } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

export type Initializer = ReturnType<typeof tfl.initializers.zeros>;
export type Regularizer = ReturnType<typeof tfl.regularizers.l2>;
export type Constraint = ReturnType<typeof tfl.constraints.nonNeg>;

/** What `getConfig` writes for such an object. */
export interface PartConfig {
  readonly className: string;
  readonly config: tf.serialization.ConfigDict;
}

/** An object of tf.layers, its serialised form, or the name of its maker such as `heNormal` or `l2`. */
export type Part<T> = T | PartConfig | string;

const MAKERS = { initializers: tfl.initializers, regularizers: tfl.regularizers, constraints: tfl.constraints };

/** @throws InvalidArgumentError for a name that tf.layers does not know. */
export function resolvePart<T extends tf.serialization.Serializable>(
  kind: keyof typeof MAKERS,
  parameter: string,
  part: Part<T>,
): T {
  if (typeof part === 'object' && 'getConfig' in part) return part;
  if (typeof part === 'string') {
    const make = (MAKERS[kind] as unknown as Record<string, unknown>)[part];
    if (typeof make === 'function') return (make as (args: object) => T)({});
  } else {
    const entry = tf.serialization.SerializationMap.getMap().classNameMap[part.className];
    if (entry !== undefined) {
      const [type, fromConfig] = entry;
      return fromConfig(type, part.config) as T;
    }
  }
  const names = Object.keys(MAKERS[kind]).join(', ');
  throw new InvalidArgumentError('InceptionConv2D', parameter, part, `an object of tf.${kind} or one of ${names}`);
}

export function partConfig(part: tf.serialization.Serializable | undefined): tf.serialization.ConfigDict | null {
  return part === undefined ? null : { className: part.getClassName(), config: part.getConfig() };
}
