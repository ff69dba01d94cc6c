import { VisionError } from '../errors';

/** The work of a cluster cannot begin or go on. The others end with an error as well; a run goes on from its checkpoint. */
export class ClusterError extends VisionError {
  static override readonly kind: string = 'ClusterError';

  /** Indices of the workers that are to blame; empty where none is known to be. */
  readonly workers: readonly number[];
  readonly reason: string;

  constructor(workers: readonly number[], reason: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_CLUSTER', `cluster: ${reason}`, options);
    this.workers = workers;
    this.reason = reason;
  }
}
