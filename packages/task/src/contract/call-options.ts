/** Options of a call that every task has. */
import type { DecodeOptions } from '@icconv/base/pictures';
import { InvalidArgumentError } from '@icconv/tensor-ops';

/** Of a call anywhere. */
export interface NetworkOptions {
  /** Least score, 0 to 1. @defaultValue the model's own */
  readonly scoreThreshold?: number;
  /** `report`: a picture that cannot be read does not cost the others their results, but has its `error` among them. @defaultValue `'throw'` */
  readonly onError?: 'throw' | 'report';
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  /** Its abortion ends the call between two pictures. */
  readonly signal?: AbortSignal;
}

export interface CallOptions extends NetworkOptions {
  /**
   * Pictures that are decoded while the network is busy with one: the memory bound. The network sees one after the other, so that a
   * picture's result never depends on others. @defaultValue `2`
   */
  readonly batchSize?: number;
  /** On top of those that the network was created with. */
  readonly decode?: Omit<DecodeOptions, 'signal'>;
}

/** @param verb - for messages: `detect`. @throws {@link InvalidArgumentError} */
export function checkCallOptions(
  verb: string,
  { scoreThreshold = 0, batchSize = 1, onError = 'throw' }: CallOptions,
): void {
  if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
    throw new InvalidArgumentError(verb, 'scoreThreshold', scoreThreshold, 'a number from 0 to 1');
  }
  checkCount(verb, 'batchSize', batchSize);
  if (onError !== 'throw' && onError !== 'report') {
    throw new InvalidArgumentError(verb, 'onError', onError, '"throw" or "report"');
  }
}

/** @throws {@link InvalidArgumentError} */
export function checkCount(verb: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new InvalidArgumentError(verb, name, value, 'a whole number of at least 1');
}
