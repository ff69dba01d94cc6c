import { NameCollisionError } from '../errors/file-errors';
import { withoutExtension } from './relative-name';

/**
 * Hands out the names of files to be written into one folder, so that nothing is written over something else. Names that differ only by
 * case collide too: not every disk tells them apart.
 */
export class OutputNames {
  readonly #taken = new Map<string, string>();

  /**
   * Takes a name for a source.
   *
   * @throws {@link NameCollisionError} naming both sources where it is taken.
   */
  claim(name: string, source: string): string {
    const key = keyOf(name);
    const other = this.#taken.get(key);
    if (other !== undefined) throw new NameCollisionError(name, [other, source]);
    this.#taken.set(key, source);
    return name;
  }

  /** Takes the name, or the first free one of `name-2.png`, `name-3.png`, ... */
  unique(name: string, source: string): string {
    const stem = withoutExtension(name);
    let free = name;
    for (let n = 2; this.#taken.has(keyOf(free)); n++) free = `${stem}-${n}${name.slice(stem.length)}`;
    return this.claim(free, source);
  }
}

const keyOf = (name: string): string => name.normalize('NFC').toLowerCase();
