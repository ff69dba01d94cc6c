import { expect, test } from 'vitest';
import { minutesOption } from './number-options';

test('lengths of time, in minutes', () => {
  expect(['20m', '1.5h', '1h30m', '90s'].map(minutesOption)).toEqual([20, 90, 90, 1.5]);
  for (const wrong of ['20', '', 'm', '20 m', '0m', '1d', '-5m']) expect(() => minutesOption(wrong)).toThrow('20m');
});
