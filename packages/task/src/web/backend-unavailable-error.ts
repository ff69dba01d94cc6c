import { VisionError } from '@icconv/base';

/** No backend of TensorFlow.js starts in this page or worker. */
export class BackendUnavailableError extends VisionError {
  static override readonly kind: string = 'BackendUnavailableError';

  constructor(op: string, reason: string, options?: { readonly cause?: unknown }) {
    super(
      'ICCONV_BACKEND_UNAVAILABLE',
      `${op}: no backend of TensorFlow.js starts (${reason}); import '@tensorflow/tfjs-backend-webgl' and '@tensorflow/tfjs-backend-wasm' first`,
      options,
    );
  }
}
