import { VisionError } from '../errors/vision-error';

/** A configuration that cannot be used. */
export class ConfigError extends VisionError {
  static override readonly kind: string = 'ConfigError';

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_CONFIG', message, options);
  }
}
