/** What a command was given to look at. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPictureName } from '@icconv/base';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { isVideoName } from './video';

/** Folders stand for the pictures and videos in them, by name. @throws InvalidArgumentError for a folder without any. */
export async function listInputs(inputs: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const input of inputs) {
    const folder = await stat(input).then(
      (entry) => entry.isDirectory(),
      () => false,
    );
    if (!folder) found.push(input);
    else {
      const names = (await readdir(input)).filter((name) => isPictureName(name) || isVideoName(name)).sort();
      if (names.length === 0) {
        throw new InvalidArgumentError('icconv', 'images', input, 'a folder with pictures or videos in it');
      }
      for (const name of names) found.push(join(input, name));
    }
  }
  return found;
}
