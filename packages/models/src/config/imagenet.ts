/** Mean and deviation of ImageNet's pixels, RGB in [0, 255]: what the published networks' pictures are normalised by. */
export const IMAGENET_RGB = {
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
} as const;
