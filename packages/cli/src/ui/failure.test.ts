import { CocoError } from '@icconv/coco';
import { Command } from 'commander';
import { afterEach, expect, test, vi } from 'vitest';
import { withPictureRules } from '../data/data-options';
import { reportFailure } from './failure';

afterEach(() => void vi.restoreAllMocks());

test('what a message says of options is said in flags, where the command has them', () => {
  const said: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((text: string) => void said.push(text));
  const hints = [
    { option: 'onUnreadable', value: 'skip', text: 'option onUnreadable: "skip"' },
    { option: 'check', value: undefined, text: 'option check: false' },
  ];
  const error = new CocoError('ICCONV_COCO_PICTURES', `${hints[0]!.text} helps, or ${hints[1]!.text} does`, { hints });
  expect(reportFailure(error, withPictureRules(new Command('train')))).toBe(1);
  expect(reportFailure(error, new Command('other'))).toBe(1);
  expect(said[0]).toContain('option --on-unreadable skip helps, or option --no-check does');
  expect(said[1]).toContain('option onUnreadable: "skip" helps, or option check: false does');
});
