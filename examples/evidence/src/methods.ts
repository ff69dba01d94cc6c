/** The methods that rungs compare. */
import { OBJECTIVES, type ObjectiveName } from '@icconv/edo';

const EDO = Object.keys(OBJECTIVES).map((name) => `edo-${name}` as `edo-${ObjectiveName}`);

export const METHODS = [
  'plain-scratch',
  'plain-cut',
  'manual',
  'random-1',
  'random-2',
  'random-3',
  ...EDO,
  'darts',
  'spos',
] as const;
export type Method = (typeof METHODS)[number];
