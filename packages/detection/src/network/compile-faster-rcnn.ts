/** A detector made ready for inference: batch norms folded, bias and ReLU fused, filters packed for the backend's kernels. */
import {
  Compilation,
  type CompileOptions,
  compileForInference,
  compileFpn,
  compileHead,
  type StateDict,
  under,
} from '@icconv/models';
import { runSteps, type Steps } from '@icconv/tensor-ops';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { type BoxHeadOutput, boxStages } from '../roi-heads/box-head';
import { compileMaskHead } from '../roi-heads/compiled-mask-head';
import { maskHeads } from '../roi-heads/mask-head';
import type { Detections } from '../roi-heads/select-detections';
import { rpnHead, rpnOutput } from '../rpn/rpn-head';
import { detectionSteps, type ImageSize } from './faster-rcnn';
import { pyramidConfig, pyramidMaps } from './feature-pyramid';
import { BACKBONE_PREFIX, FPN_PREFIX } from './names';
import type { DetectorParts } from './parts';

export interface CompiledFasterRcnn {
  /** As `fasterRcnn`; not differentiable. The caller disposes the tensors. */
  detect(images: Tensor4D, sizes: readonly ImageSize[]): Detections[];
  /** As `detect`, for `runSteps` and `runStepsAsync`: on WebGPU numbers must be waited for between the steps. */
  steps(images: Tensor4D, sizes: readonly ImageSize[]): Steps<Detections[]>;
  /** The parts, for those who want features or raw outputs. */
  readonly parts: DetectorParts;
  /** Frees the compiled weights; may be called again. */
  dispose(): void;
}

/**
 * @param weights - by torchvision's names, see `fasterRcnnShapes`; copied, so they may be disposed.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape.
 */
export function compileFasterRcnn(
  weights: StateDict,
  config: FasterRcnnConfig,
  options: CompileOptions = {},
): CompiledFasterRcnn {
  const op = 'compileFasterRcnn';
  const compiled = new Compilation('detect');
  return compiled.build(() => {
    const bodyWeights = under(weights, BACKBONE_PREFIX);
    const body = compiled.once('body', () => compileForInference(bodyWeights, config.backbone, options));
    const pyramid = compiled.once('pyramid', () =>
      compileFpn(under(weights, FPN_PREFIX), pyramidConfig(config), options),
    );
    const rpn = compiled.once('rpn', () => compileHead(op, weights, rpnHead(config), options));
    const boxes = boxStages(config).map(({ head }, i) =>
      compiled.once(`box head ${i}`, () => compileHead(op, weights, head, options)),
    );
    const masks = maskHeads(config).map((head, i) =>
      compiled.once(`mask head ${i}`, () => compileMaskHead(op, weights, head, config.mask!, options)),
    );
    const parts: DetectorParts = {
      features: (images) => tf.tidy(() => pyramidMaps(pyramid.forward(body.forward(images)))),
      rpn: (features) => rpnOutput(features, (map) => rpn.run(map)),
      boxHeads: boxes.map((head) => (pooled) => head.run(pooled) as unknown as BoxHeadOutput),
      maskHeads: masks.map((head) => head.run),
    };
    const steps = (images: Tensor4D, sizes: readonly ImageSize[]) => {
      compiled.check();
      return detectionSteps(parts, images, sizes, config);
    };
    return {
      parts,
      steps,
      detect: (images, sizes) => runSteps(steps(images, sizes)),
      dispose: () => compiled.dispose(),
    };
  });
}
