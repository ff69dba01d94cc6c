import { VisionError } from './vision-error';

/** Why the operating system refuses a file, and what helps. */
const REMEDIES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left on the disk; free some or choose another place',
  EDQUOT: 'the disk quota is used up; free some space or choose another place',
  EROFS: 'the disk is read-only; choose another place',
  EACCES: 'permission denied; change the rights or choose another place',
  EPERM: 'permission denied; change the rights or choose another place',
  EISDIR: 'it is a folder, not a file',
  EEXIST: 'a part of the path is a file, not a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EMFILE: 'too many open files; raise the limit (ulimit -n)',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its symbolic links go in a circle',
  EFBIG: 'the file would be larger than the disk or a limit allows',
  EIO: 'the disk reports a fault',
};

/** A file or folder cannot be read or written. */
export class FileError extends VisionError {
  static override readonly kind: string = 'FileError';

  readonly path: string;
  readonly reason: string;

  constructor(path: string, problem: string, reason: string, options?: { readonly cause?: unknown }) {
    super('ICCONV_FILE', `${path}: ${problem}: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }

  /** Of a fault that Node reports; anything else is given back as it is. @param problem - `cannot be written` */
  static from(path: string, problem: string, cause: unknown): unknown {
    if (VisionError.isInstance(cause)) return cause;
    const { code, syscall, message } = cause as NodeJS.ErrnoException;
    // Node refuses such a path before any system call; in a message the character would end or hide what follows.
    if (code === 'ERR_INVALID_ARG_VALUE' && path.includes('\0')) {
      return new FileError(path.replaceAll('\0', '\\0'), problem, 'its name has a NUL character, which no file has', {
        cause,
      });
    }
    if (code === undefined || syscall === undefined) return cause;
    return new FileError(path, problem, REMEDIES[code] ?? message, { cause });
  }
}

/** A name that comes from outside would leave the folder it belongs to, or is no name of a file. */
export class UnsafeNameError extends VisionError {
  static override readonly kind: string = 'UnsafeNameError';

  readonly received: string;

  /** @param owner - what the name stands in: `image 7`, a file. */
  constructor(name: string, problem: string, owner?: string) {
    super(
      'ICCONV_UNSAFE_NAME',
      `${owner === undefined ? '' : `${owner}: `}${JSON.stringify(name.slice(0, 200))} is no name of a file inside a folder: ${problem}`,
    );
    this.received = name;
  }
}

/** Two things would be written to one file. */
export class NameCollisionError extends VisionError {
  static override readonly kind: string = 'NameCollisionError';

  readonly output: string;
  readonly sources: readonly [string, string];

  constructor(output: string, sources: readonly [string, string]) {
    super(
      'ICCONV_NAME_COLLISION',
      `${sources[0]} and ${sources[1]} would both be written to ${output}; rename one, or write them to different folders`,
    );
    this.output = output;
    this.sources = sources;
  }
}
