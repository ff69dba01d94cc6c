export interface PythonEnvOptions {
  /** Path of a requirements file. */
  readonly requirements: URL | string;
  /** Modules that must be importable. */
  readonly modules: readonly string[];
  /** Receives progress and the reason of a failure. Default: standard error. */
  readonly log?: (line: string) => void;
}

export function pythonEnv(options: PythonEnvOptions): Promise<string | undefined>;
export function gpuPython(options: Omit<PythonEnvOptions, 'requirements'>): string | undefined;
