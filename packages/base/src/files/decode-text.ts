/** The text of a file in the encodings that editors and spreadsheets write. */
import { FileError } from '../errors/file-errors';

/**
 * UTF-8, or UTF-16 with its byte order mark; the mark is no part of the text.
 *
 * @param path - for messages.
 * @param declared - an encoding that the text itself names, as XML does; taken where there is no byte order mark.
 * @throws {@link FileError} for bytes that are no text in that encoding: letters replaced in silence would be other names.
 */
export function decodeText(bytes: Uint8Array, path: string, declared?: string): string {
  const encoding = markedEncoding(bytes) ?? declared ?? 'utf-8';
  let text: string;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw unreadable(path, `its encoding ${encoding} is not known`);
    // What the decoder cannot read becomes U+FFFD when nobody objects.
    const line = lineOf(new TextDecoder(encoding).decode(bytes), '\ufffd');
    throw unreadable(path, `line ${line} is no text in ${encoding.toUpperCase()}`);
  }
  // UTF-16 without its mark passes for UTF-8 as long as the letters are those of ASCII.
  if (!text.includes('\0')) return text;
  throw unreadable(path, `line ${lineOf(text, '\0')} has bytes of zero, as UTF-16 without its mark, or no text, has`);
}

function markedEncoding([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

const lineOf = (text: string, sign: string): number => text.slice(0, text.indexOf(sign)).split(/\r\n|\r|\n/).length;

const unreadable = (path: string, reason: string): FileError =>
  new FileError(path, 'cannot be read', `${reason}; save it as UTF-8`);
