import { VisionError } from '../errors/vision-error';

/** A configuration that cannot be used. */
export class ConfigError extends VisionError {
  constructor(message: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_CONFIG', message, options);
  }
}
