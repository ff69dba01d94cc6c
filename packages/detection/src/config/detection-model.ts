import type { FasterRcnnConfig } from './faster-rcnn-config';

/** What `model.json` says of a detector. */
export interface DetectionModel {
  readonly config: FasterRcnnConfig;
  /** Names of the classes by number, as many as `config.classes`. */
  readonly classes: readonly string[];
}
