import { z } from 'zod';

/** What a training starts from: a checkpoint of the whole network, or of its backbone. */
export interface StartWeights<T extends string> {
  readonly file: string;
  /** @defaultValue the whole */
  readonly part: T | 'backbone';
  /** Python functions and classes that the file need not be refused for: kept closed, never run. */
  readonly opaqueClasses?: readonly string[];
}

/** Of {@link StartWeights}. @param whole - what the network is called: `detector`. */
export function weightsSchema<const T extends string>(whole: T): z.ZodType<StartWeights<T>> {
  return z.strictObject({
    file: z.string(),
    part: z.enum([whole, 'backbone']).default(whole as never),
    opaqueClasses: z.array(z.string()).exactOptional(),
  });
}
