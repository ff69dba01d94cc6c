/**
 * Several closed outlines as one, for formats that hold one polygon an object: each is reached from its nearest neighbour by a line that is
 * walked there and back. Such a line has no width, so under the even-odd rule, by which masks are filled, the joined outline covers what
 * the outlines covered.
 */

interface Vertex {
  readonly x: number;
  readonly y: number;
  next: Vertex;
}

interface Bridge {
  readonly distance: number;
  readonly from: Vertex;
  readonly to: Vertex;
}

/** @param outlines - each [x1, y1, x2, y2, ...]. */
export function joinOutlines(outlines: readonly ArrayLike<number>[]): number[] {
  const [first, ...others] = outlines.map(ringOf);
  if (first === undefined) return [];
  const waiting = new Map<readonly Vertex[], Bridge>();
  for (const ring of others) waiting.set(ring, nearest(first, ring));
  while (waiting.size > 0) {
    let [ring, bridge] = waiting.entries().next().value!;
    for (const [other, candidate] of waiting) {
      if (candidate.distance < bridge.distance) [ring, bridge] = [other, candidate];
    }
    attach(bridge);
    waiting.delete(ring);
    for (const [other, known] of waiting) {
      const candidate = nearest(ring, other);
      if (candidate.distance < known.distance) waiting.set(other, candidate);
    }
  }
  const joined: number[] = [];
  const start = first[0]!;
  let vertex = start;
  do {
    joined.push(vertex.x, vertex.y);
    vertex = vertex.next;
  } while (vertex !== start);
  return joined;
}

function ringOf(outline: ArrayLike<number>): Vertex[] {
  const ring: Vertex[] = [];
  for (let i = 0; i + 1 < outline.length; i += 2) {
    const vertex = { x: outline[i]!, y: outline[i + 1]! } as Vertex;
    if (i > 0) ring.at(-1)!.next = vertex;
    ring.push(vertex);
  }
  ring.at(-1)!.next = ring[0]!;
  return ring;
}

function nearest(a: readonly Vertex[], b: readonly Vertex[]): Bridge {
  let best: Bridge | undefined;
  for (const from of a) {
    for (const to of b) {
      const distance = (from.x - to.x) ** 2 + (from.y - to.y) ** 2;
      if (best === undefined || distance < best.distance) best = { distance, from, to };
    }
  }
  return best!;
}

/** from -> the whole ring of `to`, back to where it began -> from again -> what followed. */
function attach({ from, to }: Bridge): void {
  const back: Vertex = { x: from.x, y: from.y, next: from.next };
  let last = to;
  while (last.next !== to) last = last.next;
  last.next = { x: to.x, y: to.y, next: back };
  from.next = to;
}
