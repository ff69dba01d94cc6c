/** A server on this machine that gives one file, with ranges and an ETag, and misbehaves as told, request by request. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * `truncate` breaks the connection after half of what is left; `stall` sends that half and then nothing; `corrupt` changes the last byte;
 * `redirect` sends to another path, `loop` to itself; `unavailable` answers 503, `gone` 404; `page` sends HTML; `no-range` ignores ranges;
 * `wrong-range` sends another part than asked for.
 */
export type Fault =
  | 'none'
  | 'truncate'
  | 'stall'
  | 'corrupt'
  | 'redirect'
  | 'loop'
  | 'unavailable'
  | 'gone'
  | 'page'
  | 'no-range'
  | 'wrong-range';

export interface SeenRequest {
  readonly path: string;
  readonly range: string | undefined;
  /** Bytes of the file sent in answer. */
  sent: number;
}

export interface FaultyServer {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** The file to serve; may be replaced by another version. */
  bytes: Buffer;
  /** What goes wrong with the coming requests, in order; nothing when used up. */
  faults: Fault[];
  close(): Promise<void>;
}

export async function serveFile(content: Buffer): Promise<FaultyServer> {
  const server = createServer((request, response) => answer(self, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const self: FaultyServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.pth`,
    requests: [],
    bytes: content,
    faults: [],
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return self;
}

function answer(state: FaultyServer, request: IncomingMessage, response: ServerResponse): void {
  const path = request.url ?? '';
  const seen: SeenRequest = { path, range: request.headers.range, sent: 0 };
  state.requests.push(seen);
  const fault = state.faults.shift() ?? 'none';
  const { bytes } = state;
  const etag = `"${bytes.length}-${bytes[0]}"`;
  switch (fault) {
    case 'redirect':
      return void response.writeHead(302, { location: '/elsewhere/file.pth' }).end();
    case 'loop':
      state.faults.unshift('loop');
      return void response.writeHead(302, { location: path }).end();
    case 'unavailable':
      return void response.writeHead(503).end();
    case 'gone':
      return void response.writeHead(404).end();
    case 'page':
      return void response
        .writeHead(200, { 'content-type': 'text/html' })
        .end('<!DOCTYPE html><title>Virus scan</title>');
  }
  const condition = request.headers['if-range'];
  const asked = /^bytes=(\d+)-$/.exec(seen.range ?? '');
  const valid = asked !== null && (condition === undefined || condition === etag) && fault !== 'no-range';
  let start = valid ? Number(asked[1]) : 0;
  if (valid && start >= bytes.length) return void response.writeHead(416).end();
  if (valid && fault === 'wrong-range') start--;
  const rest = Buffer.from(bytes.subarray(start));
  if (fault === 'corrupt') rest[rest.length - 1]! ^= 1;
  const headers: Record<string, string | number> = { etag, 'content-length': rest.length };
  if (valid) headers['content-range'] = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  response.writeHead(valid ? 206 : 200, headers);
  if (fault !== 'truncate' && fault !== 'stall') {
    seen.sent = rest.length;
    return void response.end(rest);
  }
  seen.sent = rest.length >> 1;
  response.write(rest.subarray(0, seen.sent), () => {
    // A while later, so that the half arrives on a busy machine too.
    if (fault === 'truncate') setTimeout(() => response.destroy(), 200);
  });
}
