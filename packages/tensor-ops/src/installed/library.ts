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
