/** Targets of a batch as tensors, in the form that the losses read. */
import type { PixelMask } from '@icconv/training';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { encodeTargets, type PersonTags } from './encode';

/** What is annotated in one picture, in pixels of the network's input. */
export interface PoseTruth {
  /** Of each person K triples x, y, visibility. */
  readonly people: readonly (readonly number[])[];
  /** Pixels that are not to be learned from, as large as the input. */
  readonly ignore?: PixelMask | undefined;
}

export interface BatchTargetOptions {
  /** K. */
  readonly keypoints: number;
  readonly tagPerKeypoint: boolean;
  /** As in a configuration: pixels of the input for one of a tag that is a place. @defaultValue tags are one number, free */
  readonly tagUnit?: number | undefined;
  /** Of the network's input. */
  readonly height: number;
  readonly width: number;
  /** Of the outputs. */
  readonly strides: readonly number[];
  readonly sigma: number;
  readonly centre: 'pixel' | 'exact';
  /** People a picture whose tags are learned. */
  readonly maxPeople: number;
}

/** Where tags lie, and whose they are. M labelled keypoints and P people of all pictures, both may be 0; T numbers a tag. */
export interface TagTargets {
  /** int32 [M]: places in the tag maps [N, H, W, K or 1, T] of the first output, flattened but for T. */
  readonly places: Tensor1D;
  /** float32 [M, T]: what the network's numbers are added to: the keypoint's own place, or 0. */
  readonly origins: Tensor2D;
  /** int32 [M]: the person of each. */
  readonly person: Tensor1D;
  /** float32 [P, M]: a row gives the mean of a person's tags. */
  readonly means: Tensor2D;
  /** float32 [M]: weights of the squared distances from the person's mean, which make the pull loss. */
  readonly pull: Tensor1D;
  /** float32 [P, P]: weights of the pairs, which make the push loss. */
  readonly push: Tensor2D;
}

export interface BatchTargets {
  /** Of each output: heatmaps float32 [N, h, w, K], and a mask [N, h, w, 1] of what is learned, 0 or 1. */
  readonly outputs: readonly { readonly heatmaps: Tensor4D; readonly mask: Tensor4D }[];
  readonly tags: TagTargets;
  dispose(): void;
}

export function batchTargets(truths: readonly PoseTruth[], options: BatchTargetOptions): BatchTargets {
  const { keypoints, height, width, strides, sigma, centre } = options;
  const outputs = strides.map((stride) => {
    const [h, w] = [Math.floor(height / stride), Math.floor(width / stride)];
    const heatmaps = new Float32Array(truths.length * h * w * keypoints);
    const masks = new Float32Array(truths.length * h * w);
    const people = truths.map((truth, i) => {
      const scaled = truth.people.map((person) => person.map((value, at) => (at % 3 === 2 ? value : value / stride)));
      const encoded = encodeTargets(scaled, { keypoints, height: h, width: w, sigma, centre });
      heatmaps.set(encoded.heatmaps, i * encoded.heatmaps.length);
      masks.set(learnedMask(truth.ignore, h, w, stride), i * h * w);
      return encoded.people;
    });
    const shape: [number, number, number] = [truths.length, h, w];
    return {
      heatmaps: tf.tensor4d(heatmaps, [...shape, keypoints]),
      mask: tf.tensor4d(masks, [...shape, 1]),
      people,
      size: [h, w] as const,
    };
  });
  const { people, size } = outputs[0]!;
  const tags = tagTargets(people, size, options);
  return {
    outputs,
    tags,
    dispose: () => tf.dispose([outputs.map(({ heatmaps, mask }) => [heatmaps, mask]), Object.values(tags)]),
  };
}

/** A pixel of a heatmap is learned where at most half of what it stands for is ignored. */
function learnedMask(ignore: PixelMask | undefined, height: number, width: number, stride: number): Float32Array {
  const mask = new Float32Array(height * width).fill(1);
  if (ignore === undefined) return mask;
  const [rows, columns] = [ignore.height, ignore.width];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let hidden = 0;
      for (let row = y * stride; row < Math.min((y + 1) * stride, rows); row++) {
        for (let column = x * stride; column < Math.min((x + 1) * stride, columns); column++) {
          if (ignore.data[row * columns + column] !== 0) hidden++;
        }
      }
      if (2 * hidden > stride * stride) mask[y * width + x] = 0;
    }
  }
  return mask;
}

function tagTargets(
  pictures: readonly (readonly PersonTags[])[],
  [height, width]: readonly [number, number],
  { keypoints, tagPerKeypoint, tagUnit, maxPeople, strides }: BatchTargetOptions,
): TagTargets {
  const places: number[] = [];
  const origins: number[] = [];
  const owner: number[] = [];
  const pull: number[] = [];
  const share: number[] = [];
  const crowds: number[] = [];
  const maps = tagPerKeypoint ? keypoints : 1;
  for (const [image, all] of pictures.entries()) {
    const people = all.slice(0, maxPeople);
    for (const person of people) {
      for (const { joint, x, y } of person) {
        places.push(((image * height + y) * width + x) * maps + (tagPerKeypoint ? joint : 0));
        if (tagUnit === undefined) origins.push(0);
        else origins.push(((x + 0.5) * strides[0]!) / tagUnit, ((y + 0.5) * strides[0]!) / tagUnit);
        owner.push(crowds.length);
        share.push(1 / person.length);
        pull.push(1 / (person.length * people.length * pictures.length));
      }
      crowds.push(image);
    }
  }
  const [count, persons] = [places.length, crowds.length];
  const means = new Float32Array(persons * count);
  for (const [i, person] of owner.entries()) means[person * count + i] = share[i]!;
  const push = new Float32Array(persons * persons);
  for (const [a, image] of crowds.entries()) {
    const crowd = crowds.filter((other) => other === image).length;
    for (const [b, other] of crowds.entries()) {
      if (a !== b && image === other) push[a * persons + b] = 0.5 / (crowd * (crowd - 1) * pictures.length);
    }
  }
  return {
    places: tf.tensor1d(places, 'int32'),
    origins: tf.tensor2d(origins, [count, tagUnit === undefined ? 1 : 2]),
    person: tf.tensor1d(owner, 'int32'),
    means: tf.tensor2d(means, [persons, count]),
    pull: tf.tensor1d(pull),
    push: tf.tensor2d(push, [persons, persons]),
  };
}
