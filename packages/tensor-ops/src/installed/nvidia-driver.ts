import { existsSync } from 'node:fs';

/** True where an NVIDIA driver runs. */
export function hasNvidiaDriver(): boolean {
  return (
    process.platform === 'linux' &&
    (existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl') || existsSync('/dev/dxg'))
  );
}
