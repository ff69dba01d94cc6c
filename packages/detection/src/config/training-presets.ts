/** Trainings under a name. */

/** Recipes under a name; a file that names one gives what differs. */
export const DETECTION_PRESETS: Readonly<Record<string, object>> = {
  // The schedule that published numbers have: 16 pictures a batch, 12 epochs, from an ImageNet backbone.
  'coco-1x': {
    model: { preset: 'mmdetection', backbone: { depth: 50 } },
    recipe: {
      epochs: 12,
      batchSize: 16,
      learningRate: 0.02,
      schedule: { kind: 'multiStep', milestones: [8, 11] },
      warmUpSteps: 500,
      weightDecay: 1e-4,
      freezeAt: 2,
      norms: 'eval',
    },
  },
  // Trains from scratch on a laptop: a quarter of ResNet-18's width squared, light pyramid and head, half resolution.
  small: {
    model: {
      backbone: { block: 'basic', blocks: [2, 2, 2, 2], width: 32 },
      config: {
        fpnChannels: 64,
        input: { minSize: 240, maxSize: 320 },
        rpn: {
          anchors: { sizes: [[16], [32], [64], [96], [128]], ratios: [0.5, 1, 2], rounded: false },
          train: { preNmsTopN: 500, postNmsTopN: 300 },
          test: { preNmsTopN: 300, postNmsTopN: 150 },
          sampler: { perImage: 128 },
        },
        roi: {
          aligned: true,
          hidden: 192,
          levelRule: { canonicalSize: 48, canonicalLevel: 1 },
          sampler: { perImage: 128 },
          // Boxes of a small network lie less well: at 0.5, nearly twice as many lie in another of their class, and AP is the same.
          test: { nmsThreshold: 0.4 },
        },
      },
    },
    recipe: {
      epochs: 16,
      batchSize: 2,
      learningRate: 0.02,
      clipNorm: 10,
      augment: { flip: 0.5 },
      evaluateEvery: 2,
    },
  },
};
