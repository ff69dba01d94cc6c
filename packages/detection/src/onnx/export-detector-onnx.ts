/** Whole detectors as ONNX models of ordinary operators: from pictures to boxes, in any runtime that has them. */
import { type StateDict, under } from '@icconv/models';
import { OnnxGraph, type OnnxPort, onnxFpn, onnxHead, onnxResNet, type Value, writeOnnx } from '@icconv/models/onnx';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import type { FasterRcnnConfig, InputConfig } from '../config/faster-rcnn-config';
import { pyramidConfig, pyramidMaps } from '../network/feature-pyramid';
import { BACKBONE_PREFIX, FPN_PREFIX } from '../network/names';
import { boxStages } from '../roi-heads/box-head';
import { maskHeads } from '../roi-heads/mask-head';
import { DROPPED } from '../rpn/proposals';
import { rpnHead } from '../rpn/rpn-head';
import { addMasks } from './masks';
import { Ops } from './ops';
import { addProposals, type InputSize } from './proposals';
import { pooling, throughStages } from './regions';
import { addDetections } from './select';

export interface ExportDetectorOnnxOptions {
  /** Names of the classes by number, kept in the model's metadata. @defaultValue none */
  readonly classes?: readonly string[];
}

const OP = 'exportDetectorOnnx';

/**
 * Writes a Faster, Mask or Cascade R-CNN as one ONNX model of operator set 17; number and size of the pictures are free.
 *
 * Letters: N pictures, H x W pixels, D = `config.roi.test.maxDetections`, M side of a mask.
 *
 * Its input is `images`, float32 [N, 3, H, W]: RGB pixels from 0 to 255, resized as the network is used to (`resizedSize` gives H and W).
 * Normalisation, order of the channels and padding are within. Pictures of a batch have one size. Its outputs:
 *
 * - `num_detections`, int64 [N]: how many of the D rows are detections; the others are zeros, with label -1;
 * - `boxes`, float32 [N, D, 4]: x1 y1 x2 y2 in pixels of `images`, best first;
 * - `scores`, float32 [N, D], above the configuration's threshold;
 * - `labels`, int64 [N, D]: class numbers from 0, the background not counted;
 * - `masks`, float32 [N, D, M, M], of networks with masks: probabilities that the bins of a box belong to the object. `pasteMasks`
 *   makes pixels of them: interpolated bilinearly over the box, and above a half.
 *
 * The model's metadata holds `classes` and `input` (the configuration's), as JSON.
 *
 * @param weights - as for `fasterRcnn`; read, not changed.
 * @returns the file's bytes.
 * @throws {@link InvalidArgumentError} for a missing weight, {@link ShapeMismatchError} for one of another shape.
 * @example
 * ```ts
 * await writeFile('detector.onnx', await exportDetectorOnnx(weights, config));
 * ```
 */
export async function exportDetectorOnnx(
  weights: Readonly<StateDict>,
  config: FasterRcnnConfig,
  options: ExportDetectorOnnxOptions = {},
): Promise<Uint8Array> {
  const { classes } = options;
  if (classes !== undefined && classes.length !== config.classes) {
    throw new InvalidArgumentError(OP, 'options.classes', classes, `the network's ${config.classes} names`);
  }
  const graph = new OnnxGraph();
  const images = graph.input('images');
  const { input, size } = prepared(new Ops(graph, 'input'), images, config.input);
  const levels = await pyramid(graph, weights, config, input);

  const head = await onnxHead(graph, OP, weights, rpnHead(config), config.fpnChannels);
  const ops = new Ops(graph, 'rpn');
  const proposals = addProposals(ops, levels, head, size, config.rpn);
  // Only real proposals are pooled, as their number may be far under the limit.
  const shape = ops.shape(proposals.scores, 0, 2);
  const places = ops.places(ops.reshape(ops.run('Greater', [proposals.scores, DROPPED]), [-1]));
  const regions = {
    boxes: ops.gather(ops.reshape(proposals.boxes, [-1, 4]), places),
    owners: ops.div(places, ops.slice(shape, 0, 1, 2)),
  };

  const stages = boxStages(config);
  const boxHeads = [];
  for (const stage of stages) boxHeads.push(await onnxHead(graph, OP, weights, stage.head, config.fpnChannels));
  const second = new Ops(graph, 'roi');
  const pool = pooling(second, levels, size, config.roi);
  const judged = throughStages(second, stages, boxHeads, pool, regions, size, config.roi);
  const select = new Ops(graph, 'detections');
  const found = addDetections(select, judged, stages.at(-1)!.coderWeights, places, shape, size, config);

  const { maxDetections } = config.roi.test;
  const output = (name: string, value: Value, shape: OnnxPort['shape'], type: 'float32' | 'int64' = 'float32') => ({
    value: graph.output(name, value),
    shape,
    type,
  });
  const outputs: OnnxPort[] = [
    output('num_detections', found.counts, ['batch'], 'int64'),
    output('boxes', found.boxes, ['batch', maxDetections, 4]),
    output('scores', found.scores, ['batch', maxDetections]),
    output('labels', found.labels, ['batch', maxDetections], 'int64'),
  ];
  if (config.mask !== undefined) {
    const heads = [];
    for (const plan of maskHeads(config)) heads.push(await onnxHead(graph, OP, weights, plan, config.fpnChannels));
    const side = 2 * config.mask.outputSize;
    const masks = addMasks(new Ops(graph, 'masks'), found, heads, pool, config.mask);
    outputs.push(output('masks', masks, ['batch', maxDetections, side, side]));
  }
  const metadata = { input: JSON.stringify(config.input), ...(classes && { classes: JSON.stringify(classes) }) };
  return writeOnnx(graph, 'detector', [{ value: images, shape: ['batch', 3, 'height', 'width'] }], outputs, metadata);
}

/** The network's input [N, 3, H', W'] of the pictures. */
function prepared(
  ops: Ops,
  images: Value,
  { mean, deviation, channels, divisor }: InputConfig,
): { readonly input: Value; readonly size: InputSize } {
  const ordered = channels === 'bgr' ? ops.gather(images, ops.ints([2, 1, 0]), 1) : images;
  const normal = ops.div(ops.sub(ordered, ops.floats(mean, [3, 1, 1])), ops.floats(deviation, [3, 1, 1]));
  const own = ops.shape(images, 2, 4);
  // Padding comes after normalisation: it is the mean color.
  const missing = ops.run('Mod', [ops.run('Neg', [own]), ops.int(divisor)]);
  const input = ops.run('Pad', [normal, ops.lengths([0, 0, 0, 0, 0, 0, missing])]);
  const limits = ops.gather(ops.cast(own, 'float'), ops.ints([1, 0, 1, 0]));
  return { input, size: { limits, padded: ops.add(own, missing) } };
}

/** P2 to P6, finest first. */
async function pyramid(
  graph: OnnxGraph,
  weights: Readonly<StateDict>,
  config: FasterRcnnConfig,
  input: Value,
): Promise<Value[]> {
  const names = ['c2', 'c3', 'c4', 'c5'] as const;
  const body = await onnxResNet(graph, OP, under(weights, BACKBONE_PREFIX), config.backbone, input, new Set(names));
  const features = names.map((name) => body[name]!);
  return pyramidMaps(await onnxFpn(graph, OP, under(weights, FPN_PREFIX), pyramidConfig(config), features));
}
