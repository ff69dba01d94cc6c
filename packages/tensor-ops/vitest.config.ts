import { preset } from '@icconv/vitest-preset';

export default preset({ isolate: false });
