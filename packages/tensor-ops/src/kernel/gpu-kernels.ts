/** Which TensorFlow ops of this project have a kernel for the GPU: told by the runtime itself when the engine has loaded it. */
let known: ReadonlySet<string> = new Set();

export function setGpuKernels(ops: readonly string[]): void {
  known = new Set(ops);
}

/** `op`: TensorFlow's name, such as `IcconvInceptionConv2D`. */
export const hasGpuKernel = (op: string): boolean => known.has(op);
