import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** `cpu` is the small library; `cuda` runs on NVIDIA GPUs, and on the CPU where there is none. */
export type EngineVariant = 'cpu' | 'cuda';

/** A folder with TensorFlow in it. */
export interface Library {
  /** Holds `libtensorflow_cc.so.2` and `libtensorflow_framework.so.2`. */
  readonly libFolder: string;
  readonly includeFolder: string;
  /** `own` for a library that the user provides. */
  readonly variant: EngineVariant | 'own';
  readonly version: string;
}

/** Whether the library has the header of device streams, without which no operator can be compiled for a GPU. */
export const hasStreamHeader = (library: Pick<Library, 'includeFolder'>): boolean =>
  existsSync(join(library.includeFolder, 'xla', 'stream_executor', 'stream.h'));
