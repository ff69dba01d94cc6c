import type { CocoId } from './types';

const INTEGER = /^(0|-?[1-9]\d{0,14})$/;

/** One spelling of an id: a string that spells an integer becomes the integer. */
export function canonicalId(id: CocoId): CocoId {
  return typeof id === 'string' && INTEGER.test(id) ? Number(id) : id;
}

/** Numbers before strings, each in its own order: the order in which images and categories are evaluated. */
export function compareIds(a: CocoId, b: CocoId): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  if (typeof b === 'number') return 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Gives each distinct id a small number, in order of first sight. */
export class IdTable {
  readonly ids: CocoId[] = [];
  private readonly map = new Map<CocoId, number>();
  // Records of one image or category usually follow each other.
  private lastId: CocoId | undefined;
  private lastIndex = -1;

  static of(ids: readonly CocoId[]): IdTable {
    const table = new IdTable();
    for (const id of ids) table.intern(id);
    return table;
  }

  /** `id` must be canonical. */
  intern(id: CocoId): number {
    if (id === this.lastId) return this.lastIndex;
    let index = this.map.get(id);
    if (index === undefined) {
      index = this.ids.push(id) - 1;
      this.map.set(id, index);
    }
    this.lastId = id;
    this.lastIndex = index;
    return index;
  }

  /** The number of an id, -1 where it was never seen. */
  find(id: CocoId): number {
    return this.map.get(canonicalId(id)) ?? -1;
  }
}
