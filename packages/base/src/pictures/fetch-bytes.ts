/** Bytes of a picture from an address, within limits of length, time and place. */
import { DecodeFailure } from './decode-failure';
import type { DecodeOptions, FetchLimits } from './image-input';

const DEFAULT_SECONDS = 60;
/** As browsers and curl have it, more or less. */
const MOST_REDIRECTIONS = 10;

export const tooLong = (maxBytes: number) => `it has more bytes than maxBytes allows (${maxBytes})`;

/** @throws {@link DecodeFailure}; the signal's reason when aborted. */
export async function fetchBytes(
  address: string,
  path: string,
  maxBytes: number,
  { fetch: limits = {}, signal }: Pick<DecodeOptions, 'fetch' | 'signal'>,
): Promise<Uint8Array> {
  const { seconds = DEFAULT_SECONDS } = limits;
  const timeout = AbortSignal.timeout(Math.ceil(seconds * 1000));
  try {
    const response = await follow(address, path, limits, signal ? AbortSignal.any([signal, timeout]) : timeout);
    if (!response.ok) throw new DecodeFailure(path, `the server answers ${response.status}`);
    const pieces: Uint8Array[] = [];
    let length = 0;
    for await (const piece of response.body ?? []) {
      pieces.push(piece);
      length += piece.byteLength;
      if (length > maxBytes) throw new DecodeFailure(path, tooLong(maxBytes));
    }
    return Buffer.concat(pieces);
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof DecodeFailure) throw error;
    if (timeout.aborted) throw new DecodeFailure(path, `the server takes longer than ${seconds} seconds`, error);
    throw new DecodeFailure(path, (error as Error).message, error);
  }
}

/** Goes where the server sends us, but no step beyond the limits: an open redirection must not lead into the network behind them. */
async function follow(address: string, path: string, limits: FetchLimits, signal: AbortSignal): Promise<Response> {
  let at = new URL(address);
  for (let step = 0; step <= MOST_REDIRECTIONS; step++) {
    checkPlace(at, path, limits);
    const response = await fetch(at, { signal, redirect: 'manual' });
    const next = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (next === null) return response;
    await response.body?.cancel();
    at = new URL(next, at);
  }
  throw new DecodeFailure(path, `the server redirects more than ${MOST_REDIRECTIONS} times`);
}

function checkPlace({ protocol, host }: URL, path: string, { hosts, protocols }: FetchLimits): void {
  // A data address holds its bytes itself; a redirection to one is not followed by fetch.
  if (protocol === 'data:') return;
  const allowed: readonly string[] = protocols ?? ['http:', 'https:'];
  if (!allowed.includes(protocol)) {
    throw new DecodeFailure(path, `${protocol} addresses are not fetched, only ${allowed.join(' and ')}`);
  }
  if (hosts !== undefined && !hosts.some((name) => name.toLowerCase() === host)) {
    throw new DecodeFailure(path, `${host} is none of the servers that pictures are fetched from`);
  }
}
