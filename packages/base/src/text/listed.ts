/** The first of a list, `a, b, ...`. @param count - length of the whole list, of which `shown` is the beginning. */
export function listed(shown: readonly unknown[], count: number): string {
  return `${shown.join(', ')}${count > shown.length ? ', ...' : ''}`;
}
