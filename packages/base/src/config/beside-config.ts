import { dirname, resolve } from 'node:path';

/** Paths of a configuration file are relative to its folder. */
export const besideConfig = (file: string, path: string): string => resolve(dirname(file), path);
