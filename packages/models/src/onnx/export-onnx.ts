/** ResNets as ONNX models of ordinary operators, for every runtime that there is. */
import type { ResNetConfig } from '../config/resnet-config';
import { resolveResNet } from '../network/resolve';
import { FEATURES, type ResNetOutput } from '../network/walk';
import { resnetFeatures } from '../resnet/features';
import { checkOutputs } from '../resnet/resnet';
import type { StateDict } from '../state-dict';
import type { BatchNormChoice } from './conv';
import { OnnxGraph, type OnnxPort } from './graph';
import { onnxResNet } from './resnet';
import { writeOnnx } from './write-onnx';

export interface ExportOnnxOptions {
  /** Outputs of the model, by these names. The four features. */
  readonly returns?: readonly ResNetOutput[];
  /** Inside the filters, or as operators of their own; `fold`. */
  readonly batchNorm?: BatchNormChoice;
}

const OP = 'exportOnnx';

/**
 * Writes a network as an ONNX model: operator set 17, batch size and map size free.
 *
 * Its input is `image`, float32 [N, 3, H, W], scaled as the weights want it; its outputs `c2` to `c5` [N, C, H/s, W/s] (rounded up) and
 * `logits` [N, classes]. Inception layers are one convolution for each dilation, joined, and put back into the order of the channels.
 *
 * @param weights - as for `resnet`; read, not changed.
 * @returns the file's bytes.
 * @throws {@link InvalidArgumentError}, {@link ShapeMismatchError}
 * @example
 * ```ts
 * await writeFile('backbone.onnx', await exportOnnx(weights, config));
 * ```
 */
export async function exportOnnx(
  weights: Readonly<StateDict>,
  config: ResNetConfig,
  options: ExportOnnxOptions = {},
): Promise<Uint8Array> {
  const plan = resolveResNet(config);
  const returns = checkOutputs(OP, plan, options.returns ?? FEATURES);
  const graph = new OnnxGraph();
  const image = graph.input('image');
  const results = await onnxResNet(graph, OP, weights, config, image, returns, options.batchNorm);
  const features = resnetFeatures(config);
  const outputs = Object.entries(results).map(([name, value]): OnnxPort => {
    graph.output(name, value);
    if (name === 'logits') return { value, shape: ['batch', plan.head!.classes] };
    return {
      value,
      shape: ['batch', features[name as keyof typeof features].channels, `${name}_height`, `${name}_width`],
    };
  });
  const input: OnnxPort = { value: image, shape: ['batch', plan.stem.inChannels, 'height', 'width'] };
  return writeOnnx(graph, 'resnet', [input], outputs);
}
