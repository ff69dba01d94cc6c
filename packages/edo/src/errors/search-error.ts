import { VisionError } from '@icconv/tensor-ops';

/** A network, its weights or the constraints do not allow a search. */
export class SearchError extends VisionError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_SEARCH', message, options);
  }
}
