/** Values of options that are numbers; commander names the option in front of what is expected. */
import { InvalidArgumentError } from 'commander';

export function numberOption(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('expected a number');
  return value;
}

/** 0 to 1: a least score. */
export function scoreOption(text: string): number {
  const value = numberOption(text);
  if (value < 0 || value > 1) throw new InvalidArgumentError('expected a number from 0 to 1');
  return value;
}

/** 1 and more. */
export function countOption(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('expected a whole number from 1 on');
  return value;
}

/** 1 and more, or `auto`. */
export const sizeOption = (text: string): number | 'auto' => (text === 'auto' ? text : countOption(text));

/** 0 and more: `--workers 0` decodes on the main thread, `--cluster-index 0` is the first worker. */
export const naturalOption = (text: string): number => (text === '0' ? 0 : countOption(text));

const SECONDS = { s: 1, m: 60, h: 3600 } as const;

/** `90s`, `20m`, `1.5h`, `1h30m`: minutes. */
export function minutesOption(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smh])/g)];
  const seconds = parts.reduce(
    (sum, [, value, unit]) => sum + Number(value) * SECONDS[unit as keyof typeof SECONDS],
    0,
  );
  if (parts.map(([part]) => part).join('') !== text || seconds === 0)
    throw new InvalidArgumentError('expected a time such as 20m, 1h30m or 90s');
  return seconds / 60;
}
