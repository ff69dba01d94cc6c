/** For options that may be repeated. */
export const collect = (value: string, previous: readonly string[] = []): string[] => [...previous, value];
