/** `icconv coco convert`: annotations and results from one format to another, with an account of what was left out or changed. */
import { stat } from 'node:fs/promises';
import { defined } from '@icconv/base';
import { formatConversion } from '@icconv/coco';
import type { KeypointShape, YoloKind } from '@icconv/coco/convert';
import {
  convertDataset,
  convertedFormat,
  convertResults,
  DATASET_FORMATS,
  type DatasetFormat,
  RESULTS_FORMATS,
  type ResultsFormat,
  readClassNames,
  type Split,
} from '@icconv/coco/node';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../context';

interface ConvertFlags {
  readonly from: DatasetFormat | ResultsFormat;
  readonly to?: DatasetFormat | 'results' | 'csv';
  readonly images?: string;
  readonly names?: string;
  readonly split?: Split;
  readonly gt?: string;
  readonly kind?: YoloKind;
  readonly keypoints?: KeypointShape;
  readonly polygons?: boolean;
  readonly labelledOnly?: boolean;
  readonly json?: boolean;
}

export function convertCommand({ signal }: CommandContext): Command {
  return new Command('convert')
    .description('convert annotations (coco, yolo, voc) or results (results, csv, yolo-results)')
    .addArgument(new Argument('<input>', 'a file; a folder for yolo and voc; for yolo also a data.yaml'))
    .addArgument(new Argument('<output>', 'a file; a folder for yolo and voc'))
    .addOption(
      new Option('--from <format>', 'format of the input')
        .choices([...DATASET_FORMATS, ...RESULTS_FORMATS])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option('--to <format>', 'format of the output; coco or results where the input is something else').choices([
        ...DATASET_FORMATS,
        'results',
        'csv',
      ]),
    )
    .option('--images <folder>', 'pictures, whose sizes YOLO labels need, and other annotations are compared with')
    .option('--names <list>', 'category names in order: with commas between, a file with one a line, or a data.yaml')
    .addOption(new Option('--split <name>', 'which pictures of a data.yaml').choices(['train', 'val', 'test']))
    .option('--gt <file>', 'annotation file whose ids YOLO results take')
    .addOption(
      new Option('--kind <kind>', 'what YOLO rows hold; when reading, found where it is not given').choices([
        'detect',
        'segment',
        'pose',
        'obb',
      ]),
    )
    .option('--keypoints <shape>', 'keypoints of YOLO poses, and numbers of each: 17x3 or 17x2', keypointShape)
    .addOption(new Option('--polygons', 'write YOLO polygons instead of boxes, as --kind segment').conflicts('kind'))
    .option('--labelled-only', 'leave out pictures without labels')
    .option('--json', 'print the report as JSON')
    .action(async (input: string, output: string, { names: list, keypoints, json, ...flags }: ConvertFlags) => {
      const { from } = flags;
      const to = convertedFormat(from, flags.to);
      const names = await readNames(list);
      const options = { ...flags, signal, ...defined({ names, keypointShape: keypoints }) };
      const report = isDataset(from)
        ? await convertDataset(input, output, { ...options, from, to: to as DatasetFormat })
        : await convertResults(input, output, { ...options, from, to: to as 'results' | 'csv' });
      if (json) console.log(JSON.stringify({ input, output, from, to, ...report.toJSON() }, null, 2));
      else console.log(`${output}: ${formatConversion(report)}`);
    });
}

const isDataset = (format: DatasetFormat | ResultsFormat): format is DatasetFormat =>
  (DATASET_FORMATS as readonly string[]).includes(format);

function keypointShape(text: string): KeypointShape {
  const [, count, numbers] = /^(\d{1,4})[x,]([23])$/.exec(text) ?? [];
  if (count === undefined || Number(count) < 1) throw new InvalidArgumentError('expected a shape as 17x3 or 17x2.');
  return [Number(count), numbers === '2' ? 2 : 3];
}

/** A list with commas between, or a file where one has that name. */
async function readNames(names: string | undefined): Promise<readonly string[] | undefined> {
  if (names === undefined) return undefined;
  const isFile = /\.(?:ya?ml|txt|names)$/i.test(names) || (await stat(names).catch(() => undefined))?.isFile();
  if (isFile) return readClassNames(names);
  return names
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
