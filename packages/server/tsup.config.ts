import { preset } from '@icconv/tsup-preset';

export default preset({ index: 'src/index.ts' });
