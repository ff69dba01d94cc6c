import { preset } from '@icconv/vitest-preset';

export default preset({ include: ['test/*.test.ts'] });
