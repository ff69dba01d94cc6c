/** What runs in the process of a remote detector. */

import type { ImageInput } from '@icconv/base/pictures';
import type { Hosted } from '@icconv/tensor-ops/remote';
import { createDetector, type DetectorOptions } from './create-detector';
import type { DetectOptions } from './types';

export async function create(options: DetectorOptions): Promise<Hosted> {
  const detector = await createDetector(options);
  return {
    facts: { classes: detector.classes },
    methods: {
      detect: (images: readonly ImageInput[], detectOptions: Omit<DetectOptions, 'signal'>, signal: AbortSignal) =>
        detector.detect(images, { ...detectOptions, signal }),
    },
    dispose: () => detector.dispose(),
  };
}
