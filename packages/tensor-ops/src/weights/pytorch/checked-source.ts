/** Checks a record's checksum while it is read: each byte goes through it once, in most cases as it is read anyway. */
import { WeightFormatError } from '../../errors';
import type { StorageSource } from '../weight-file';
import { crc32 } from './crc32';

const PIECE_BYTES = 1024 * 1024;

export class CheckedSource implements StorageSource {
  readonly byteLength: number;
  readonly #source: StorageSource;
  readonly #expected: number | undefined;
  readonly #path: string;
  readonly #entry: string;
  /** The bytes from the start on that went through the checksum. */
  #done = 0;
  #crc = 0;
  #rest: Promise<void> | undefined;

  /** @param expected - undefined for an archive without checksums. */
  constructor(source: StorageSource, expected: number | undefined, path: string, entry: string) {
    this.#source = source;
    this.#expected = expected;
    this.#path = path;
    this.#entry = entry;
    this.byteLength = source.byteLength;
  }

  /** Reading on from where the last read ended costs nothing more; {@link settle} tells whether what was read is right. */
  async read(target: Uint8Array, position: number): Promise<void> {
    await this.#source.read(target, position);
    if (this.#rest === undefined && position === this.#done) this.#take(target);
    if (position + target.byteLength === this.byteLength) await this.settle();
  }

  /** Checks what was not read yet. @throws WeightFormatError when the checksum does not fit. */
  settle(): Promise<void> {
    this.#rest ??= this.#finish();
    return this.#rest;
  }

  #take(bytes: Uint8Array): void {
    if (this.#expected !== undefined) this.#crc = crc32(bytes, this.#crc);
    this.#done += bytes.byteLength;
  }

  async #finish(): Promise<void> {
    if (this.#expected === undefined) return;
    const piece = new Uint8Array(Math.min(PIECE_BYTES, this.byteLength - this.#done));
    while (this.#done < this.byteLength) {
      const part = piece.subarray(0, Math.min(piece.byteLength, this.byteLength - this.#done));
      await this.#source.read(part, this.#done);
      this.#take(part);
    }
    if (this.#crc !== this.#expected) {
      throw new WeightFormatError(this.#path, 'its checksum does not fit its bytes: damaged', { entry: this.#entry });
    }
  }
}
