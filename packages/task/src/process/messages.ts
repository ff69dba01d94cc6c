/** What parent and child tell each other. Structured clones: typed arrays go over as they are. */
import type { OptionHint } from '@icconv/base';

export interface StartMessage {
  readonly kind: 'start';
  /** Address of a module with a `create` function. */
  readonly module: string;
  readonly options: unknown;
}
export interface CallMessage {
  readonly kind: 'call';
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}
export interface AbortMessage {
  readonly kind: 'abort';
  readonly id: number;
}
export type ToChild = StartMessage | CallMessage | AbortMessage | { readonly kind: 'stop' };

export interface ErrorReport {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly hints: readonly OptionHint[];
}
export type FromChild =
  | { readonly kind: 'ready'; readonly facts: unknown }
  | { readonly kind: 'failed'; readonly error: ErrorReport }
  /** The call has arrived: from here on it may have had effects. */
  | { readonly kind: 'began'; readonly id: number }
  | { readonly kind: 'result'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly error: ErrorReport };
