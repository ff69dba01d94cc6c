/** A detector made ready for inference: batch norms folded, bias and ReLU fused, filters packed for the backend's kernels. */
import { DisposedError } from '@icconv/base';
import { compileForInference, compileFpn, foldedNorm, type StateDict } from '@icconv/models';
import { fusedConv2d, type PackedConv2dFilter, packConv2dFilter } from '@icconv/tensor-ops';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { FasterRcnnConfig } from '../config/faster-rcnn-config';
import { type BoxHeadOutput, boxHeadNames } from '../roi-heads/box-head';
import type { Detections } from '../roi-heads/select-detections';
import type { RpnOutput } from '../rpn/rpn-head';
import { type DetectorParts, detectWith, type ImageSize } from './faster-rcnn';
import { pyramidConfig } from './feature-pyramid';
import { BACKBONE_PREFIX, FPN_PREFIX, rpnHeadNames, under } from './names';

export interface CompiledFasterRcnn {
  /** As `fasterRcnn`; not differentiable. The caller disposes the tensors. */
  detect(images: Tensor4D, sizes: readonly ImageSize[]): Detections[];
  /** The parts, for those who want features or raw outputs. */
  readonly parts: DetectorParts;
  /** Frees the compiled weights. */
  dispose(): void;
}

/**
 * @param weights - by torchvision's names, see `fasterRcnnShapes`; copied, so they may be disposed.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape.
 */
export function compileFasterRcnn(weights: StateDict, config: FasterRcnnConfig): CompiledFasterRcnn {
  const body = compileForInference(under(weights, BACKBONE_PREFIX), config.backbone);
  const pyramid = compileFpn(under(weights, FPN_PREFIX), pyramidConfig(config));
  const layers = new Map<string, Layer>();
  const rpnNames = rpnHeadNames(config);
  const headNames = boxHeadNames(config.roi);

  for (const name of [...rpnNames.convs, rpnNames.logits, rpnNames.deltas]) {
    layers.set(name, pack(weights[`${name}.weight`] as Tensor4D, weights[`${name}.bias`] as Tensor1D));
  }
  for (const name of headNames.convs) {
    const packed = tf.tidy(() => {
      const filter = weights[`${name}.0.weight`] as Tensor4D;
      const [scale, shift] = foldedNorm('compileFasterRcnn', weights, `${name}.1`, filter.shape[3]);
      return packKept(tf.mul(filter, scale), shift);
    });
    layers.set(name, packed);
  }
  for (const name of [...headNames.linears, headNames.logits, headNames.deltas]) {
    // A linear layer is a 1x1 convolution of maps of one pixel.
    const matrix = weights[`${name}.weight`] as Tensor2D;
    const packed = tf.tidy(() =>
      packKept(tf.reshape(matrix, [1, 1, ...matrix.shape]), weights[`${name}.bias`] as Tensor1D),
    );
    layers.set(name, packed);
  }
  const run = (name: string, x: Tensor4D, activation: 'relu' | 'linear'): Tensor4D => {
    const layer = layers.get(name);
    if (layer === undefined) throw new DisposedError('detect', 'the compiled network', 'compile it again');
    const { filter, bias } = layer;
    return fusedConv2d(x, filter, { bias, activation });
  };

  const parts: DetectorParts = {
    features(images) {
      return tf.tidy(() => {
        const levels = pyramid.forward(body.forward(images));
        return ['p2', 'p3', 'p4', 'p5', 'p6'].map((level) => levels[level]!);
      });
    },
    rpn(features): RpnOutput {
      const outputs = features.map((map) => {
        const hidden = rpnNames.convs.reduce((x, name) => run(name, x, 'relu'), map);
        const batch = map.shape[0];
        return {
          logits: tf.reshape(run(rpnNames.logits, hidden, 'linear'), [batch, -1]) as Tensor2D,
          deltas: tf.reshape(run(rpnNames.deltas, hidden, 'linear'), [batch, -1, 4]) as tf.Tensor3D,
        };
      });
      return { logits: outputs.map(({ logits }) => logits), deltas: outputs.map(({ deltas }) => deltas) };
    },
    boxHead(pooled): BoxHeadOutput {
      const convolved = headNames.convs.reduce((x, name) => run(name, x, 'relu'), pooled);
      const flat = tf.reshape(convolved, [pooled.shape[0], 1, 1, -1]) as Tensor4D;
      const hidden = headNames.linears.reduce((x, name) => run(name, x, 'relu'), flat);
      const output = (name: string) => tf.squeeze(run(name, hidden, 'linear'), [1, 2]) as Tensor2D;
      return { logits: output(headNames.logits), deltas: output(headNames.deltas) };
    },
  };
  return {
    parts,
    detect: (images, sizes) => detectWith(parts, images, sizes, config),
    dispose() {
      body.dispose();
      pyramid.dispose();
      for (const { filter, bias } of layers.values()) {
        filter.dispose();
        bias.dispose();
      }
      layers.clear();
    },
  };
}

interface Layer {
  readonly filter: PackedConv2dFilter;
  readonly bias: Tensor1D;
}

function pack(filter: Tensor4D, bias: Tensor1D): Layer {
  return { filter: packConv2dFilter(filter), bias: bias.clone() };
}

/** Packs inside a tidy, whose temporaries go while the packed layer stays. */
function packKept(filter: Tensor, bias: Tensor1D): never {
  const layer = pack(filter as Tensor4D, bias);
  tf.keep(layer.filter.tensor);
  tf.keep(layer.bias);
  return layer as never;
}
