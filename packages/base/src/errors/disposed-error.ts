import { VisionError } from './vision-error';

/** Something was used after its `dispose()`. */
export class DisposedError extends VisionError {
  static override readonly kind: string = 'DisposedError';

  readonly op: string;

  /** @param what - `the detector`. @param remedy - `create another`. */
  constructor(op: string, what: string, remedy: string) {
    super('ICCONV_DISPOSED', `${op}: ${what} has been disposed; ${remedy}`);
    this.op = op;
  }
}
