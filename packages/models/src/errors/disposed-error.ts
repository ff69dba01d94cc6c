import { VisionError } from '@icconv/tensor-ops';

/** A compiled network was used after its `dispose()`. */
export class DisposedError extends VisionError {
  readonly op: string;

  constructor(op: string) {
    super('ICCONV_DISPOSED', `${op}: the compiled network has been disposed; compile it again`);
    this.op = op;
  }
}
