/** One picture through the network and back to its own pixels. */
import { rleToCoco } from '@icconv/coco';
import { pasteMasks, type RgbImage, type Steps } from '@icconv/tensor-ops';
import * as tf from '@tensorflow/tfjs-core';
import type { DetectionModel } from '../config/detection-model';
import { preparePictures } from '../input/prepare';
import type { CompiledFasterRcnn } from '../network/compile-faster-rcnn';
import type { Detections } from '../roi-heads/select-detections';
import type { Detection, DetectionResult, WebDetectOptions } from './types';

/** Best first, boxes in pixels of the picture and within it. */
export function* detectPicture(
  network: Pick<CompiledFasterRcnn, 'steps'>,
  picture: RgbImage,
  { config, classes }: DetectionModel,
  { scoreThreshold = 0, maxDetections = Number.POSITIVE_INFINITY }: WebDetectOptions = {},
): Steps<DetectionResult> {
  const { images, sizes } = preparePictures([picture], config.input);
  const [found] = yield* network.steps(images, sizes);
  yield { read: found! };
  const { width, height } = picture;
  // Scores descend.
  const sure = inPicture(found!, picture, sizes[0]!).filter(({ score }) => score >= scoreThreshold);
  const wanted = sure.slice(0, maxDetections).map((one) => ({ ...one, label: classes[one.classId]! }));
  return { width, height, detections: withMasks(wanted, found!, picture, config) };
}

/** The first detections with their masks in the picture, where the network has masks. */
function withMasks(
  wanted: Detection[],
  { masks }: Detections,
  { height, width }: Pick<RgbImage, 'width' | 'height'>,
  { mask }: DetectionModel['config'],
): Detection[] {
  if (masks === undefined || mask === undefined) return wanted;
  const { convention } = mask;
  const pasted = tf.tidy(() => {
    const boxes = tf.tensor2d(Float32Array.from(wanted.flatMap(({ box }) => box)), [wanted.length, 4]);
    const first = tf.slice(masks, 0, wanted.length);
    return pasteMasks(first, boxes, { height, width, convention }) as unknown as tf.TensorContainer;
  }) as unknown as Uint32Array[];
  return wanted.map((one, i) => ({ ...one, mask: rleToCoco({ height, width, counts: pasted[i]! }) }));
}

function inPicture(
  { boxes, scores, classes }: Detections,
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  [inputHeight, inputWidth]: readonly [height: number, width: number],
): Omit<Detection, 'label'>[] {
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
