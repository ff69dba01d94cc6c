import type { ChannelErrors } from './tap-sums';

/** What data say about a layer: means over all images and positions. */
export interface LayerStatistics {
  /** float64 [C]: E[X]. */
  readonly inputMeans?: Float64Array;
  /** E|Y - Y(d)| and E|Y|. */
  readonly outputErrors?: ChannelErrors;
}
