import { VisionError } from '@icconv/tensor-ops';

/** A network, its weights or the constraints do not allow a search. */
export class SearchError extends VisionError {
  static override readonly kind: string = 'SearchError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_SEARCH', message, options);
  }
}
