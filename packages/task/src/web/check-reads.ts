/**
 * Whether a backend gives numbers back while the page waits. Operators between two halves of a network read boxes and scores that way; WebGPU
 * has no such read, and TensorFlow.js takes a detour over canvases on which some browsers without a real GPU lose the device: whatever is read
 * from then on is zero.
 */
import * as tf from '@tensorflow/tfjs-core';

/** More than one of those canvases holds. */
const COUNT = 70_000;

/** @returns what is wrong, or undefined. */
export async function faultOfReads(): Promise<string | undefined> {
  try {
    const first = tf.tidy(() => Float32Array.from(tf.add(tf.range(0, COUNT), 0.5).dataSync()));
    // A lost device shows in what comes next.
    const sum = tf.tidy(() => tf.add(tf.tensor1d(first), 1));
    const second = await sum.data();
    sum.dispose();
    const wrong = first.findIndex((value, i) => value !== i + 0.5 || second[i] !== i + 1.5);
    return wrong < 0 ? undefined : 'it loses its numbers where they are read at once';
  } catch (error) {
    return (error as Error).message;
  }
}
