import type { ConversionReport } from './report';

/** Tells of names that several classes have. */
export function tellSameNames(names: readonly string[], report: ConversionReport | undefined): void {
  const twice = new Set(names.filter((name, k) => names.indexOf(name) !== k));
  for (const name of twice) report?.add('same-name', name);
}
