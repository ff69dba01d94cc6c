import { existsSync, readFileSync } from 'node:fs';

/** True where an NVIDIA driver runs. */
export function hasNvidiaDriver(): boolean {
  return (
    process.platform === 'linux' &&
    (existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl') || existsSync('/dev/dxg'))
  );
}

/** Version of the NVIDIA driver, such as `550.54.15`; undefined where the system does not tell, as in WSL. */
export function nvidiaDriverVersion(file = '/proc/driver/nvidia/version'): string | undefined {
  if (!existsSync(file)) return undefined;
  return /Kernel Module(?: for \S+)?\s+(\d+(?:\.\d+)+)/.exec(readFileSync(file, 'utf8'))?.[1];
}
