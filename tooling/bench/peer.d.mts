export interface Peer {
  /** Sends one request and waits for its answer. @throws when the peer fails or ends */
  ask<Answer = Record<string, unknown>>(request: object): Promise<Answer>;
  /** Asks with `file`, a file that `write` makes at the path it is given; gone afterwards. */
  hand(request: object, name: string, write: (file: string) => unknown): Promise<void>;
  /** Asks with `out`, a file for the peer to write. @returns its bytes */
  fetch(request: object): Promise<Uint8Array<ArrayBuffer>>;
  /** For files of other requests; gone when the peer is stopped. */
  readonly folder: string;
  stop(): void;
}

export function startPeer(python: string, script: URL | string, args?: readonly string[]): Peer;
