import { preset } from '@icconv/tsup-preset';

export default preset({
  index: 'src/index.ts',
  charts: 'src/charts/index.ts',
  config: 'src/config/index.ts',
  files: 'src/files/index.ts',
  pictures: 'src/pictures/index.ts',
});
