import { VisionError } from './index';

/** Which part of the set-up failed. */
export type SetupStep = 'platform' | 'library' | 'download' | 'unpack' | 'compiler' | 'compile' | 'install';

/** The engine cannot be set up: what failed, why, and the remedy. */
export class SetupError extends VisionError {
  static override readonly kind: string = 'SetupError';

  readonly step: SetupStep;
  readonly reason: string;
  readonly remedy: string;

  constructor(step: SetupStep, reason: string, remedy: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_SETUP', `engine set-up (${step}): ${reason}\n  remedy: ${remedy}`, options);
    this.step = step;
    this.reason = reason;
    this.remedy = remedy;
  }
}
