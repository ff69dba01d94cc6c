import { preset } from '@icconv/tsup-preset';
import { bundleTfjsNode } from './scripts/bundle-tfjs-node';

export default preset(
  {
    index: 'src/index.ts',
    register: 'src/register.ts',
    engine: 'src/engine/index.ts',
    collectives: 'src/collectives/index.ts',
    setup: 'src/setup/index.ts',
    doctor: 'src/doctor/index.ts',
    weights: 'src/weights/index.ts',
    'state-dict': 'src/state-dict.ts',
    download: 'src/files/index.ts',
  },
  { platform: 'node', shims: true, onSuccess: bundleTfjsNode },
);
