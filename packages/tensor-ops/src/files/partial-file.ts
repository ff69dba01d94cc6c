/**
 * The unfinished file of a download, `<path>.part`, and beside it, in `<path>.part.json`, what a later run must know to go on with it.
 */
import { type FileHandle, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { publish } from './cache-files';

interface Origin {
  readonly url: string;
  /** `ETag` or `Last-Modified`: the server goes on only if its file is still the same. */
  readonly validator?: string | undefined;
}

export class PartialFile {
  readonly #path: string;
  readonly #part: string;
  readonly #note: string;

  constructor(path: string) {
    this.#path = path;
    this.#part = `${path}.part`;
    this.#note = `${path}.part.json`;
  }

  get path(): string {
    return this.#part;
  }

  /** Bytes there. */
  async size(): Promise<number> {
    return (await stat(this.#part).catch(() => ({ size: 0 }))).size;
  }

  /** The validator of what is there; an empty object when none is known; undefined when it came from another address. */
  async origin(url: string): Promise<Pick<Origin, 'validator'> | undefined> {
    try {
      const origin = JSON.parse(await readFile(this.#note, 'utf8')) as Partial<Origin> | null;
      if (origin?.url !== url) return undefined;
      return typeof origin.validator === 'string' ? { validator: origin.validator } : {};
    } catch {
      return undefined;
    }
  }

  /** Opens it for writing: at its end, or anew. */
  async open(resume: boolean, origin: Origin): Promise<FileHandle> {
    if (!resume) {
      // In this order a kill in between leaves an empty part, never an old part with a new note.
      await (await open(this.#part, 'w')).close();
      await writeFile(this.#note, JSON.stringify(origin));
    }
    return open(this.#part, 'a');
  }

  async remove(): Promise<void> {
    await rm(this.#part, { force: true });
    await rm(this.#note, { force: true });
  }

  /** Gives it the final name. */
  async publish(): Promise<void> {
    await publish(this.#part, this.#path);
    await rm(this.#note, { force: true });
  }
}
