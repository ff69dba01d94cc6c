import { VisionError } from '../errors';

/** One engine that was tried and why it cannot serve. */
export interface EngineAttempt {
  readonly engine: 'cuda' | 'native cpu' | 'wasm';
  readonly reason: string;
  readonly remedy: string;
}

/** No engine of the kind asked for can run: what was tried, each reason, each remedy. */
export class EngineUnavailableError extends VisionError {
  static override readonly kind: string = 'EngineUnavailableError';

  readonly attempts: readonly EngineAttempt[];

  constructor(wanted: string, attempts: readonly EngineAttempt[], options?: { readonly cause?: unknown }) {
    const lines = attempts.map(({ engine, reason, remedy }) => `\n  - ${engine}: ${reason}\n    remedy: ${remedy}`);
    super('ICCONV_ENGINE_UNAVAILABLE', `no engine for device "${wanted}"${lines.join('')}`, options);
    this.attempts = attempts;
  }
}
