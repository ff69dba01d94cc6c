/** `icconv detect`: objects in pictures, as a table, as JSON, as overlays. */
import { PRESETS, type Preset } from '@icconv/detection';
import { createDetector, type DetectionResult, type DetectorSource } from '@icconv/detection/node';
import { PATTERN_NAMES, type PatternName, type ResNetDepth } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import { countOption, numberOption } from '../config/number-options';
import { boxesSvg } from '../pictures/boxes-overlay';
import { type PictureOutcome, runOnPictures } from '../pictures/run-on-pictures';
import type { CommandContext } from '../program';

interface DetectCliOptions {
  readonly model?: string;
  readonly weights?: string;
  readonly backbone?: number;
  readonly pattern?: PatternName;
  readonly classes?: string;
  readonly preset?: Preset;
  readonly score: number;
  readonly max?: number;
  readonly out?: string;
  readonly json?: boolean;
  readonly device: 'auto' | 'cuda' | 'cpu' | 'wasm';
  readonly threads?: number;
}

export function detectCommand({ signal }: CommandContext): Command {
  return new Command('detect')
    .description('find objects in pictures')
    .argument('<images...>', 'pictures, folders of them, or addresses')
    .option('--model <folder>', 'a trained detector, as icconv train detection writes it')
    .option('--weights <file>', 'checkpoint, PyTorch or safetensors; by default the folder’s')
    .addOption(
      new Option('--backbone <depth>', 'depth of the ResNet, for a checkpoint without a folder')
        .argParser(countOption)
        .conflicts('model'),
    )
    .addOption(
      new Option('--pattern <name>', 'published dilations of the backbone')
        .choices([...PATTERN_NAMES])
        .conflicts('model'),
    )
    .addOption(
      new Option(
        '--classes <list>',
        'names with commas between, or their number; for a checkpoint without a folder',
      ).conflicts('model'),
    )
    .addOption(new Option('--preset <name>', 'whose conventions').choices([...PRESETS]).default('torchvision'))
    .option('--score <least>', 'least score', numberOption, 0.5)
    .option('--max <n>', 'detections a picture', countOption)
    .option('--out <folder>', 'write the pictures with boxes drawn in')
    .option('--json', 'print everything as JSON')
    .addOption(new Option('--device <device>').choices(['auto', 'cuda', 'cpu', 'wasm']).default('auto'))
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', countOption)
    .action(async (inputs: readonly string[], options: DetectCliOptions) => {
      const detector = await createDetector({ ...sourceOf(options), ...engineOf(options), signal });
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
        if (options.json)
          console.log(
            JSON.stringify(
              done.map(({ result, ...rest }) => ({ ...rest, ...result })),
              null,
              2,
            ),
          );
        else print(done);
      } finally {
        await detector.dispose();
      }
    });
}

function sourceOf(options: DetectCliOptions): DetectorSource {
  const { model, weights, backbone, classes, pattern, preset } = options;
  if (model !== undefined) return { model, ...(weights !== undefined && { weights }) };
  if (weights === undefined || backbone === undefined || classes === undefined) {
    throw new InvalidArgumentError('detect', '--model', model, 'given, or --weights with --backbone and --classes');
  }
  const names = /^\d+$/.test(classes) ? Number(classes) : classes.split(',').map((name) => name.trim());
  return {
    backbone: backbone as ResNetDepth,
    weights,
    classes: names,
    ...(preset !== undefined && { preset }),
    ...(pattern !== undefined && { pattern }),
  };
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
