/** One picture through the network and back to its own pixels: what detecting, evaluating and training's evaluation have in common. */
import type { RgbImage } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { preparePictures } from '../input/prepare-pictures';
import type { CompiledFasterRcnn } from '../network/compile-faster-rcnn';
import type { Detections } from '../roi-heads/select-detections';
import type { Detection } from './types';

export type FoundObject = Omit<Detection, 'label'>;

/**
 * Detections of one picture, best first, boxes in its pixels and within it.
 *
 * Always one picture at a time: in a batch each would see the padding that another's size needs, and the kernels choose how to compute by
 * the size of the whole batch, so that results would depend on the company.
 */
export function detectPicture(
  network: Pick<CompiledFasterRcnn, 'detect'>,
  picture: RgbImage,
  config: FasterRcnnConfig,
): FoundObject[] {
  const { images, sizes } = preparePictures([picture], config.input);
  let found: Detections[] = [];
  try {
    found = network.detect(images, sizes);
    return inPicture(found[0]!, picture, sizes[0]!);
  } finally {
    tf.dispose([images, found.map(({ boxes, scores, classes }) => [boxes, scores, classes])]);
  }
}

function inPicture(
  { boxes, scores, classes }: Detections,
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  [inputHeight, inputWidth]: readonly [height: number, width: number],
): FoundObject[] {
  const [corners, score, label] = [boxes.dataSync(), scores.dataSync(), classes.dataSync()];
  const x = alongSide(width, inputWidth);
  const y = alongSide(height, inputHeight);
  return Array.from(score, (value, i) => {
    const [x1, y1, x2, y2] = corners.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return { box: [x(x1), y(y1), x(x2), y(y2)], score: value, classId: label[i]! };
  });
}

/** In float32, as torchvision scales boxes back (`resize_boxes`); its rounding must not lead out of the picture. */
function alongSide(side: number, inputSide: number): (at: number) => number {
  const ratio = Math.fround(side / inputSide);
  return (at) => Math.min(Math.max(Math.fround(at * ratio), 0), side);
}
