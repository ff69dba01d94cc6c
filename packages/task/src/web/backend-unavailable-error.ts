import { VisionError } from '@icconv/base';

/** No backend of TensorFlow.js serves in this page or worker. */
export class BackendUnavailableError extends VisionError {
  static override readonly kind: string = 'BackendUnavailableError';

  constructor(op: string, reason: string, options?: { readonly cause?: unknown }) {
    super(
      'ICCONV_BACKEND_UNAVAILABLE',
      `${op}: no backend of TensorFlow.js serves (${reason}); import '@tensorflow/tfjs-backend-webgl' or '@tensorflow/tfjs-backend-wasm' and take it by tf.setBackend`,
      options,
    );
  }
}
