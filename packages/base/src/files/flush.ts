import { fsync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { promisify } from 'node:util';

const fsyncAsync = promisify(fsync);

/** Brings what was written to the disk. By the file's number: the handles of a project without node_modules (Yarn's) have no `sync`. */
export const flush = ({ fd }: FileHandle): Promise<void> => fsyncAsync(fd);
