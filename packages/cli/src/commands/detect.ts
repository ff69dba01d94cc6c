/** `icconv detect`: objects in pictures, as a table, as JSON, as overlays. */
import { PRESETS, type Preset } from '@icconv/detection';
import { createDetector, type DetectionResult, type DetectorSource } from '@icconv/detection/node';
import type { PatternName, ResNetDepth } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { withCheckpointOptions, withPictureOptions } from '../config/network-options';
import { countOption, numberOption, scoreOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { boxesSvg } from '../pictures/boxes-overlay';
import { outcomesJson, type PictureOutcome, runOnPictures } from '../pictures/run-on-pictures';
import { readingOf, type WeightFlags } from '../weights/weight-options';

interface DetectCliOptions extends WeightFlags {
  readonly model?: string;
  readonly weights?: string;
  readonly backbone?: number;
  readonly pattern?: PatternName;
  readonly classes?: string;
  readonly preset?: Preset;
  readonly normEpsilon?: number;
  readonly score: number;
  readonly max?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly device: 'auto' | 'cuda' | 'cpu' | 'wasm';
  readonly threads?: number;
}

export function detectCommand({ signal }: CommandContext): Command {
  const command = new Command('detect')
    .description('find objects in pictures')
    .argument('<images...>', 'pictures, folders of them, or addresses')
    .option('--model <folder>', 'a trained detector, as icconv train detection writes it');
  withCheckpointOptions(command, 'a checkpoint')
    .addOption(
      new Option(
        '--classes <list>',
        'names with commas between, or their number; by default as many as the checkpoint has, by COCO’s names where they are 80 or 90',
      ).conflicts('model'),
    )
    .addOption(new Option('--preset <name>', 'whose conventions').choices([...PRESETS]).default('torchvision'))
    .addOption(
      new Option(
        '--norm-epsilon <value>',
        'epsilon of the backbone’s batch norms, where it is not 1e-5: 0 for what was trained on from torchvision’s COCO_V1; known of published files',
      )
        .argParser(numberOption)
        .conflicts('model'),
    )
    .option('--score <least>', 'least score', scoreOption, 0.5)
    .option('--max <n>', 'detections a picture', countOption);
  return withPictureOptions(command, 'boxes').action(async (inputs: readonly string[], options: DetectCliOptions) => {
    const detector = await createDetector({
      ...sourceOf(options),
      ...readingOf(options),
      ...engineOf(options),
      signal,
    });
    const { score: scoreThreshold, max, out } = options;
    const limits = { scoreThreshold, ...(max !== undefined && { maxDetections: max }) };
    try {
      const done = await runOnPictures<DetectionResult>({
        title: 'detecting',
        inputs,
        out,
        signal,
        run: async (picture) => (await detector.detect(picture, { ...limits, signal }))[0]!,
        svg: boxesSvg,
      });
      if (options.json) console.log(outcomesJson(done));
      else print(done);
    } finally {
      await detector.dispose();
    }
  });
}

function sourceOf(options: DetectCliOptions): DetectorSource {
  const { model, weights, backbone, classes, pattern, preset, normEpsilon } = options;
  if (model !== undefined) return { model, ...(weights !== undefined && { weights }) };
  if (weights === undefined || backbone === undefined) {
    throw new InvalidArgumentError('detect', '--model', model, 'given, or --weights with --backbone');
  }
  return {
    backbone: backbone as ResNetDepth,
    weights,
    ...(classes !== undefined && { classes: classesOf(classes) }),
    ...(preset !== undefined && { preset }),
    ...(pattern !== undefined && { pattern }),
    ...(normEpsilon !== undefined && { batchNormEpsilon: normEpsilon }),
  };
}

/** @throws InvalidArgumentError */
function classesOf(text: string): readonly string[] | number {
  if (/^\d+$/.test(text)) return Number(text);
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('detect', '--classes', text, 'names with commas between');
  return names;
}

const engineOf = ({ device, threads }: DetectCliOptions) => ({ device, ...(threads !== undefined && { threads }) });

function print(done: readonly PictureOutcome<DetectionResult>[]): void {
  const table = new Table({
    head: ['picture', 'class', 'score', 'x1', 'y1', 'x2', 'y2'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { image, result } of done) {
    if (result.detections.length === 0) table.push([image, '(nothing)', '', '', '', '', '']);
    for (const [i, { label, score, box }] of result.detections.entries()) {
      table.push([i === 0 ? image : '', label, score.toFixed(3), ...box.map((edge) => edge.toFixed(1))]);
    }
  }
  if (done.length > 0) console.log(table.toString());
}
