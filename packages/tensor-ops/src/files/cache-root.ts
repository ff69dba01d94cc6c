import { homedir } from 'node:os';
import { join } from 'node:path';

/** The user's cache folder of this project: `ICCONV_CACHE`, else `icconv` in `XDG_CACHE_HOME`, else in `~/.cache`. */
export function cacheRoot(): string {
  if (process.env.ICCONV_CACHE) return process.env.ICCONV_CACHE;
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'icconv');
}
