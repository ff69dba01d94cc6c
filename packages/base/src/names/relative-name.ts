/** Names of files that come from outside: annotation files, archives, indices of weights. */
import { UnsafeNameError } from '../errors/file-errors';

/**
 * The name as the whole project spells it: relative, with `/` between folders. Windows' `\` counts as a separator everywhere.
 *
 * @param owner - what the name stands in, for the message: `image 7`, a file.
 * @throws {@link UnsafeNameError} for what would leave the folder or is no file: absolute paths, `..`, addresses, drives, control
 * characters, the empty name, a folder's name (with a separator at its end).
 * @example
 * ```ts
 * relativeName('images\\1.jpg'); // 'images/1.jpg'
 * ```
 */
export function relativeName(name: string, owner?: string): string {
  const slashes = name.replaceAll('\\', '/');
  // Also the line and paragraph separators of Unicode: a name is one line wherever it is printed or matched.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name))
    throw new UnsafeNameError(name, 'it has control characters', owner);
  if (slashes.startsWith('/')) throw new UnsafeNameError(name, `it is an absolute path; ${RELATIVE}`, owner);
  if (/^[a-z][a-z0-9+.-]*:/i.test(slashes))
    throw new UnsafeNameError(name, `it is an address or names a drive; ${RELATIVE}`, owner);
  const parts = slashes.split('/').filter((part) => part !== '.' && part !== '');
  if (parts.includes('..')) throw new UnsafeNameError(name, 'it goes up by ".."', owner);
  if (parts.length === 0 || slashes.endsWith('/') || slashes.endsWith('/.')) {
    throw new UnsafeNameError(name, 'it names no file', owner);
  }
  return parts.join('/');
}

const RELATIVE = 'names are relative to the folder of the files';

/** The name without its last extension; folders stay. */
export function withoutExtension(name: string): string {
  const folder = name.lastIndexOf('/') + 1;
  const dot = name.lastIndexOf('.');
  return dot > folder ? name.slice(0, dot) : name;
}
