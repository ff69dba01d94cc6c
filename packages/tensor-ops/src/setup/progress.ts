/** What a set-up tells while it works. */
export interface SetupProgress {
  /** `download` and `unpack` count bytes, `compile` counts files. */
  readonly phase: 'wait' | 'download' | 'unpack' | 'compile' | 'install';
  /** What is being worked on, for people. */
  readonly label: string;
  readonly done: number;
  /** 0 where it is not known. */
  readonly total: number;
}

export type OnSetupProgress = (progress: SetupProgress) => void;
