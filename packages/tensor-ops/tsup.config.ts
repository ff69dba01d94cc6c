import { preset } from '@icconv/tsup-preset';

export default preset({ index: 'src/index.ts', register: 'src/register.ts', setup: 'src/setup/index.ts' });
