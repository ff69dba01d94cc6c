import { InvalidArgumentError } from '@icconv/tensor-ops';

/** Names with commas between. @throws InvalidArgumentError */
export function nameList(command: string, option: string, text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError(command, option, text, 'names with commas between');
  return names;
}
