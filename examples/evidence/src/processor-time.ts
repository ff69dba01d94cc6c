/** Seconds of processor time, of all threads of the process, since `process.cpuUsage()` was asked. */
export function processorSeconds(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
