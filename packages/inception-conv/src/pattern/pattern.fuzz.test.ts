/** Pattern files changed at random. Longer with ICCONV_FUZZ_SECONDS. */
import { fuzz, fuzzSeconds, mutateText } from '@icconv/test-utils';
import { expect, test } from 'vitest';
import { validatePattern } from './dilation-pattern';
import { manualPattern } from './manual-pattern';
import { formatPattern, parsePattern } from './readable-format';

const SECONDS = fuzzSeconds(3);

test('changed patterns', { timeout: 60_000 + SECONDS * 1000 }, async () => {
  const readable = formatPattern(manualPattern({ channels: [8, 12], maxDilation: 3, names: ['a.conv2', 'b.conv2'] }));
  const counts = await fuzz({
    seconds: SECONDS,
    seeds: [readable, '[{"(0, 0)": 3, "(0, 1)": 2, "(1, 0)": 0, "(1, 1)": 1}, {"(0, 0)": 4}]'],
    mutate: mutateText,
    read(text) {
      const pattern = parsePattern(text);
      validatePattern(pattern);
      if (JSON.stringify(parsePattern(formatPattern(pattern))) !== JSON.stringify(pattern))
        throw new Error('not the same');
    },
  });
  expect(counts.read).toBeGreaterThan(counts.runs / 100);
});
