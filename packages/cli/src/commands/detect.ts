/** `icconv detect`: objects in pictures, as a table, as JSON, as overlays. */
import { mkdir, readdir, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { PRESETS, type Preset } from '@icconv/detection';
import { createDetector, type DetectionResult, type DetectorOptions, readDetectorModel } from '@icconv/detection/node';
import { PATTERN_NAMES, type PatternName, type ResNetDepth } from '@icconv/models';
import { InvalidArgumentError } from '@icconv/tensor-ops';
import { ImageDecodeError } from '@icconv/training';
import Table from 'cli-table3';
import { Command, Option } from 'commander';
import pc from 'picocolors';
import { drawBoxes } from '../pictures/boxes-overlay';
import { writeWhole } from '../pictures/write-picture';
import type { CommandContext } from '../program';
import { countProgress } from '../ui/count-progress';

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

const PICTURES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp']);

export function detectCommand({ signal }: CommandContext): Command {
  return new Command('detect')
    .description('find objects in pictures')
    .argument('<images...>', 'pictures, folders of them, or addresses')
    .option('--model <folder>', 'a trained detector, as icconv train detection writes it')
    .option('--weights <file>', 'checkpoint, PyTorch or safetensors; by default the folder’s')
    .option('--backbone <depth>', 'depth of the ResNet, for a checkpoint without a folder', Number)
    .addOption(new Option('--pattern <name>', 'published dilations of the backbone').choices([...PATTERN_NAMES]))
    .option('--classes <list>', 'names with commas between, or their number; for a checkpoint without a folder')
    .addOption(new Option('--preset <name>', 'whose conventions').choices([...PRESETS]).default('torchvision'))
    .option('--score <least>', 'least score', Number, 0.5)
    .option('--max <n>', 'detections a picture', Number)
    .option('--out <folder>', 'write the pictures with boxes drawn in')
    .option('--json', 'print everything as JSON')
    .addOption(new Option('--device <device>').choices(['auto', 'cuda', 'cpu', 'wasm']).default('auto'))
    .option('--threads <n>', 'threads of TensorFlow, by default all processors', Number)
    .action(async (inputs: readonly string[], options: DetectCliOptions) => {
      const images = await listPictures(inputs);
      const detector = await createDetector({ ...(await sourceOf(options)), ...engineOf(options), signal });
      if (options.out !== undefined) await mkdir(options.out, { recursive: true });
      const progress = countProgress('detecting', images.length);
      const done: { image: string; result: DetectionResult; overlay?: string }[] = [];
      const broken: string[] = [];
      const names = new Set<string>();
      try {
        for (const [i, image] of images.entries()) {
          signal.throwIfAborted();
          try {
            const { score: scoreThreshold, max } = options;
            const [result] = await detector.detect(image, {
              scoreThreshold,
              signal,
              ...(max !== undefined && { maxDetections: max }),
            });
            const overlay =
              options.out === undefined ? undefined : await writeOverlay(options.out, image, result!, names);
            done.push({ image, result: result!, ...(overlay !== undefined && { overlay }) });
          } catch (error) {
            // One bad picture does not cost the others their results.
            if (!(error instanceof ImageDecodeError)) throw error;
            broken.push(error.message);
          }
          progress.update(i + 1);
        }
      } finally {
        progress.stop();
        await detector.dispose();
      }
      if (options.json)
        console.log(
          JSON.stringify(
            done.map(({ result, ...rest }) => ({ ...rest, ...result })),
            null,
            2,
          ),
        );
      else print(done);
      for (const message of broken) console.error(`${pc.red(pc.bold('error'))} ${message}`);
      if (broken.length > 0) process.exitCode = 1;
    });
}

async function sourceOf(options: DetectCliOptions): Promise<DetectorOptions> {
  const { model, weights, backbone, classes, pattern, preset } = options;
  if (model !== undefined) {
    await readDetectorModel(model);
    return { model, ...(weights !== undefined && { weights }) };
  }
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

/** Folders stand for the pictures in them, by name. */
async function listPictures(inputs: readonly string[]): Promise<string[]> {
  const images: string[] = [];
  for (const input of inputs) {
    const folder = await stat(input).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!folder) images.push(input);
    else {
      const names = (await readdir(input)).filter((name) => PICTURES.has(extname(name).toLowerCase())).sort();
      if (names.length === 0) throw new InvalidArgumentError('detect', 'images', input, 'a folder with pictures in it');
      images.push(...names.map((name) => join(input, name)));
    }
  }
  return images;
}

async function writeOverlay(
  folder: string,
  image: string,
  result: DetectionResult,
  taken: Set<string>,
): Promise<string> {
  const remote = /^(?:https?|data|file):/.test(image);
  const source = remote ? new Uint8Array(await (await fetch(image)).arrayBuffer()) : image;
  const stem = basename(remote ? new URL(image).pathname : image, extname(image)) || 'picture';
  const ending = extname(image).toLowerCase() === '.png' ? 'png' : 'jpg';
  // Pictures of several folders may have the same name.
  let name = `${stem}.${ending}`;
  for (let i = 2; taken.has(name); i++) name = `${stem}-${i}.${ending}`;
  taken.add(name);
  const path = join(folder, name);
  await writeWhole(path, await drawBoxes(source, result, ending));
  return path;
}

function print(done: readonly { image: string; result: DetectionResult; overlay?: string }[]): void {
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
  const overlays = done.filter(({ overlay }) => overlay !== undefined);
  if (overlays.length > 0) console.error(`${overlays.length} overlays written, ${overlays[0]!.overlay} and so on`);
}
