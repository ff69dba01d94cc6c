/** Sizes as people read them: powers of 1000. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? value : value.toPrecision(3)} ${units[unit]}`;
}

/** Control characters of a strange file must not reach the terminal. */
export const oneLine = (text: string): string =>
  text.replaceAll(/\s+/g, ' ').replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');

// Training frameworks store whole configurations as one text; names are shorter.
const MAX_VALUE_LENGTH = 160;

export function shortened(text: string): string {
  const line = oneLine(text);
  return line.length > MAX_VALUE_LENGTH ? `${line.slice(0, MAX_VALUE_LENGTH)}...` : line;
}
