export interface Peer {
  /** Sends one request and waits for its answer. @throws when the peer fails or ends */
  ask<Answer = Record<string, unknown>>(request: object): Promise<Answer>;
  stop(): void;
}

export function startPeer(python: string, script: URL | string, args?: readonly string[]): Peer;
