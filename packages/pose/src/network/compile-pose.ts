/**
 * A pose network made ready for inference: batch norms folded, bias and ReLU fused, filters packed for the backend's kernels.
 *
 * A transposed convolution of stride 2 with a kernel of up to 4 is a 2x2 convolution whose 4 O channels are the four pixels that one
 * input pixel becomes, moved apart (sub-pixel convolution, Shi et al., CVPR 2016): no product with an inserted zero is computed.
 */
import { compileForInference, foldedNorm, type StateDict, weight } from '@icconv/models';
import { fusedConv2d, type PackedConv2dFilter, packConv2dFilter } from '@icconv/tensor-ops';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { PoseConfig } from '../config/pose-config';
import { type DeconvSpec, deconvPadding, headStages, type OutputSpec } from './layers';
import { backboneOf } from './weights';

export interface CompiledPose {
  /** As `poseNetwork`; not differentiable. The caller disposes the outputs. */
  forward(x: Tensor4D): Tensor4D[];
  /** Frees the compiled weights. */
  dispose(): void;
}

interface Layer {
  readonly filter: PackedConv2dFilter;
  readonly bias: Tensor1D;
}

const OP = 'compilePose';

/**
 * @param weights - by mmpose's names, see `poseShapes`; copied, so they may be disposed.
 * @throws InvalidArgumentError for a missing weight, ShapeMismatchError for one of another shape.
 */
export function compilePose(weights: StateDict, config: PoseConfig): CompiledPose {
  const body = compileForInference(backboneOf(weights), config.backbone);
  const layers: Layer[] = [];
  const keep = (layer: Layer) => {
    tf.keep(layer.filter.tensor);
    tf.keep(layer.bias);
    layers.push(layer);
    return layer;
  };
  const dispose = () => {
    body.dispose();
    for (const { filter, bias } of layers.splice(0)) {
      filter.dispose();
      bias.dispose();
    }
  };
  const build = () =>
    headStages(config).map(({ deconvs, joined, output }) => ({
      joined,
      deconvs: deconvs.map((spec) => ({ spec, layer: keep(packDeconv(weights, spec)) })),
      output: keep(packOutput(weights, output)),
    }));
  let stages: ReturnType<typeof build>;
  try {
    stages = build();
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    forward(x) {
      return tf.tidy(() => {
        const outputs: Tensor4D[] = [];
        let features = body.forward(x, { returns: ['c5'] }).c5;
        for (const { joined, deconvs, output } of stages) {
          if (joined) features = tf.concat([features, outputs.at(-1)!], 3);
          for (const { spec, layer } of deconvs) features = deconv(features, spec, layer);
          outputs.push(fusedConv2d(features, output.filter, { bias: output.bias }));
        }
        return outputs;
      });
    },
    dispose,
  };
}

/**
 * Output row y = 2 b - p + t of window b, whose rows are b - 1 and b, has kernel row u = t on row b and t + 2 on row b - 1: with the
 * kernel filled up to 4x4, its rows are [tap, t] and the taps stand in reverse.
 */
function packDeconv(weights: StateDict, { name, norm, inChannels, outChannels, kernel }: DeconvSpec): Layer {
  const packed = tf.tidy((() => {
    const filter = weight<Tensor4D>(OP, weights, `${name}.weight`, [kernel, kernel, outChannels, inChannels]);
    const [scale, shift] = foldedNorm(OP, weights, norm, outChannels);
    const scaled = tf.mul<Tensor4D>(filter, tf.reshape(scale, [1, 1, outChannels, 1]));
    const missing: [number, number] = [0, 4 - kernel];
    const full = tf.pad(scaled, [missing, missing, [0, 0], [0, 0]]);
    const taps = tf.reverse(tf.reshape(full, [2, 2, 2, 2, outChannels, inChannels]), [0, 2]);
    const windows = tf.reshape(tf.transpose(taps, [0, 2, 5, 1, 3, 4]), [2, 2, inChannels, 4 * outChannels]);
    const layer = { filter: packConv2dFilter(windows as Tensor4D, { pad: 1 }), bias: tf.tile(shift, [4]) };
    tf.keep(layer.filter.tensor);
    tf.keep(layer.bias);
    return layer;
  }) as () => never) as unknown as Layer;
  return packed;
}

function packOutput(weights: StateDict, { name, inChannels, outChannels }: OutputSpec): Layer {
  const filter = weight<Tensor4D>(OP, weights, `${name}.weight`, [1, 1, inChannels, outChannels]);
  const bias = weight<Tensor1D>(OP, weights, `${name}.bias`, [outChannels]);
  return { filter: packConv2dFilter(filter), bias: bias.clone() };
}

function deconv(x: Tensor4D, { kernel, outChannels }: DeconvSpec, { filter, bias }: Layer): Tensor4D {
  return tf.tidy(() => {
    const [images, height, width] = x.shape;
    const windows = fusedConv2d(x, filter, { bias, activation: 'relu' });
    const { pad } = deconvPadding[kernel];
    return tf.slice(
      tf.depthToSpace(windows, 2, 'NHWC'),
      [0, pad, pad, 0],
      [images, 2 * height, 2 * width, outChannels],
    );
  });
}
