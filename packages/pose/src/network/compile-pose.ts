/** A pose network made ready for inference: batch norms folded, bias and ReLU fused, filters packed for the backend's kernels. */
import { Compilation, type CompileOptions, compileForInference, compileHead, type StateDict } from '@icconv/models';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { poseHead } from './layers';
import { backboneOf } from './weights';

export interface CompiledPose {
  /** As `poseNetwork`; not differentiable. The caller disposes the outputs. */
  forward(x: Tensor4D): Tensor4D[];
  /** Frees the compiled weights; may be called again. */
  dispose(): void;
}

/**
 * @param weights - by mmpose's names, see `poseShapes`; copied, so they may be disposed.
 * @throws InvalidArgumentError for a missing weight, ShapeMismatchError for one of another shape.
 */
export function compilePose(weights: StateDict, config: PoseConfig, options: CompileOptions = {}): CompiledPose {
  const compiled = new Compilation('CompiledPose.forward');
  return compiled.build(() => {
    const body = compiled.once('body', () => compileForInference(backboneOf(weights), config.backbone, options));
    const head = compiled.once('head', () => compileHead('compilePose', weights, poseHead(config), options));
    return {
      forward(x) {
        compiled.check();
        return tf.tidy(() => Object.values(head.run(body.forward(x, { returns: ['c5'] }).c5)) as Tensor4D[]);
      },
      dispose: () => compiled.dispose(),
    };
  });
}
