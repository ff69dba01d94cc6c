import { preset } from '@icconv/vitest-preset';

export default preset({ include: ['{src,test}/**/*.test.ts'], exclude: ['test/broken-projects/**'] });
