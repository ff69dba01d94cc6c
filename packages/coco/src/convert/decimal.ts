/** A number as people write it: no hexadecimal, no empty text, no infinity, which `Number` would take. Undefined where it is none. */
export function decimal(text: string): number | undefined {
  const value = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
