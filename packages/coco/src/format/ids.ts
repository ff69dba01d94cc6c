/**
 * Ids are integers of any size, or strings. A number holds integers up to 2^53 - 1; larger ones are kept as their digits, because
 * rounding makes neighbours one. On disk they are integers again.
 */
import { CocoArgumentError } from '../errors';
import type { CocoId } from './types';

const INTEGER = /^(0|-?[1-9]\d*)$/;

/** One spelling of an id: what spells an integer becomes a number where that is exact, else its digits. "007" is a string of its own. */
export function canonicalId(id: CocoId | bigint): CocoId {
  if (typeof id === 'number') {
    if (Number.isSafeInteger(id)) return id === 0 ? 0 : id;
    throw new CocoArgumentError(
      'ids',
      'id',
      id,
      'an integer up to 2^53 - 1, a bigint or a string: numbers beyond are rounded',
    );
  }
  if (typeof id === 'bigint') return canonicalId(id.toString());
  if (typeof id !== 'string') throw new CocoArgumentError('ids', 'id', id, 'an integer or a string');
  if (!INTEGER.test(id)) return id;
  const number = Number(id);
  return Number.isSafeInteger(number) ? number : id;
}

/** The id in JSON: integers of any size as such. */
export function idToJson(id: CocoId): string {
  return typeof id === 'string' && INTEGER.test(id) ? id : JSON.stringify(id);
}

/** A record as JSON: its ids, its other fields, and some that are text already. */
export function recordToJson(ids: Readonly<Record<string, CocoId | undefined>>, fields: object, text = ''): string {
  const parts: string[] = [];
  for (const key of Object.keys(ids)) if (ids[key] !== undefined) parts.push(`"${key}":${idToJson(ids[key])}`);
  for (const part of [JSON.stringify(fields).slice(1, -1), text]) if (part !== '') parts.push(part);
  return `{${parts.join(',')}}`;
}

/** Integers before strings, each in its own order: the order in which images and categories are evaluated. */
export function compareIds(a: CocoId, b: CocoId): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const integers = [a, b].filter((id) => typeof id === 'number' || INTEGER.test(id));
  if (integers.length === 1) return integers[0] === a ? -1 : 1;
  if (integers.length === 2) return BigInt(a) < BigInt(b) ? -1 : 1;
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
  find(id: CocoId | bigint): number {
    return this.map.get(canonicalId(id)) ?? -1;
  }
}
