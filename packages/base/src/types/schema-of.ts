import type { z } from 'zod';
import type { Same } from './same';

/**
 * A schema beside the interface of what it reads. One of them with a key more or less, or with another optionality, does not compile:
 * `Property '"reads another type"' is missing`.
 *
 * Optional keys are `.exactOptional()`, since interfaces here tell a key that is left out from one that is undefined.
 *
 * @example
 * ```ts
 * export const mosaicSchema = schemaOf<MosaicConfig>()(z.strictObject({ probability: z.number().min(0).max(1) }));
 * ```
 */
export const schemaOf =
  <T>() =>
  <S extends z.ZodType>(
    schema: S & (Same<z.output<S>, T> extends true ? unknown : { readonly 'reads another type': T }),
  ): S =>
    schema;
