/** Bounds of the pickle machine. A pickle is a program; these keep a damaged or hostile one from taking the process with it. */
export interface PickleLimits {
  /** Bytes of one pickle. Tensors lie outside it; training logs inside checkpoints reach tens of MB. */
  readonly maxBytes: number;
  /** Instructions. The largest public checkpoints (some 10^4 tensors, optimizer state) take below 10^6. */
  readonly maxOpcodes: number;
  /** Values on the stack at once: the longest list or dictionary of a file. */
  readonly maxStack: number;
  /** Values kept for later reference. */
  readonly maxMemo: number;
  /** Open MARKs: how deep lists and tuples nest while being built. */
  readonly maxDepth: number;
  /** Bytes of one text. Frameworks store whole configurations and package lists, of less than 1 MB. */
  readonly maxTextBytes: number;
  /** Bytes of one integer. Parsing takes time quadratic in its length; PyTorch's own magic number has 10. */
  readonly maxIntegerBytes: number;
}

export const PICKLE_LIMITS: PickleLimits = {
  maxBytes: 256 * 1024 * 1024,
  maxOpcodes: 50_000_000,
  maxStack: 4_000_000,
  maxMemo: 8_000_000,
  maxDepth: 1000,
  maxTextBytes: 16 * 1024 * 1024,
  maxIntegerBytes: 1024,
};
