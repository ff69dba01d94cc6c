/** Memory of this process and of the machine, in bytes. */
import { readFileSync, writeFileSync } from 'node:fs';
import { freemem } from 'node:os';

/**
 * Watches the memory that this process has in use at once, TensorFlow's included.
 *
 * @returns tells the peak since the call; where the system cannot begin anew, as on macOS, that since the process began.
 */
export function watchPeak(): () => number {
  try {
    // Value 5 resets the peak to the present; proc(5).
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    return () => process.resourceUsage().maxRSS * 1024;
  }
  return () => Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

/** What this process could have: what it has, and what the machine, or the container's limit, leaves. */
export function reachableMemory(): number {
  // Of Node 20.13 on; it knows limits of containers.
  return process.memoryUsage.rss() + (process.availableMemory?.() ?? freemem());
}
