/** `icconv convert INPUT OUTPUT`: one weight format, layout or precision into another. */
import { counted, defined, listed } from '@icconv/base';
import { readText } from '@icconv/base/files';
import { branchCounts, parsePattern } from '@icconv/inception-conv';
import { checkpointEpsilon, EPSILON_KEY } from '@icconv/task';
import { type ConvertOptions, convertWeights, type WeightDtype, type WeightLayout } from '@icconv/tensor-ops/weights';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from '../context';
import { formatBytes, oneLine } from '../weights/format';
import { readingOf, type WeightFlags, withWeightOptions } from '../weights/weight-options';

interface ConvertFlags extends WeightFlags {
  readonly container?: string;
  readonly into?: string;
  readonly prefix?: string;
  readonly ema?: boolean;
  readonly dtype?: WeightDtype;
  readonly fromLayout?: WeightLayout;
  readonly layout?: WeightLayout;
  readonly pattern?: string;
  readonly branches: 'join' | 'split' | 'keep';
  readonly maxShard?: number;
  readonly json?: boolean;
}

const LAYOUTS = ['pytorch', 'tensorflow'];

export function convertCommand({ signal }: CommandContext): Command {
  const command = new Command('convert')
    .argument('<input>', 'safetensors file or index, or PyTorch checkpoint')
    .argument('<output>', 'ends in .safetensors, or in .pth, .pt, .tar, .bin or .ckpt for a PyTorch checkpoint')
    .option(
      '--container <keys>',
      'where the state dict is in the input, such as state_dict (default: found by the usual names)',
    )
    .option('--into <key>', 'put the state dict under this key of a PyTorch checkpoint')
    .option('--prefix <text>', 'take only names with this prefix, and remove it: backbone.')
    .option('--ema', 'take the moving average of the weights')
    .addOption(new Option('--dtype <type>', 'precision of all floats').choices(['float32', 'float16', 'bfloat16']))
    .addOption(new Option('--from-layout <layout>', 'order of dimensions in the input').choices(LAYOUTS))
    .addOption(new Option('--layout <layout>', 'order of dimensions in the output (default: pytorch)').choices(LAYOUTS))
    .option('--pattern <file>', 'dilation pattern of the inception layers, for --branches')
    .addOption(
      new Option('--branches <how>', 'inception branches: join them to one filter a layer, split filters, or keep')
        .choices(['join', 'split', 'keep'])
        .default('keep'),
    )
    .option('--max-shard <MB>', 'write safetensors files of this size with an index', megabytes)
    .option('--json', 'print the result as JSON');
  return withWeightOptions(command).action(async (input: string, output: string, flags: ConvertFlags) => {
    const epsilon = await checkpointEpsilon(input, readingOf(flags));
    // A PyTorch checkpoint has room for it only beside the state dict.
    const noted = epsilon !== undefined && (/\.safetensors$/i.test(output) || flags.into !== undefined);
    const metadata = noted ? { metadata: { [EPSILON_KEY]: String(epsilon) } } : {};
    const report = await convertWeights(input, output, { ...(await options(flags, signal)), ...metadata });
    if (flags.json) console.log(JSON.stringify(report));
    else {
      const from = report.container === '' ? '' : ` from ${report.container}`;
      console.log(`${report.path}: ${counted(report.tensors, 'tensor')}${from}, ${formatBytes(report.bytes)}`);
      if (epsilon !== undefined) {
        const how = noted
          ? 'noted in the file'
          : 'which this file cannot say: give it to createDetector or icconv detect';
        console.log(`batch norms with an epsilon of ${epsilon}, ${how}`);
      }
      if (report.strippedPrefixes.length > 0) console.log(`removed prefix ${report.strippedPrefixes.join(', ')}`);
      if (report.joined.length > 0) console.log(`joined the branches of ${counted(report.joined.length, 'layer')}`);
      if (report.ignored.length > 0)
        console.log(`left out ${counted(report.ignored.length, 'tensor')}: ${some(report.ignored)}`);
      for (const { name, reason } of report.unreadable)
        console.log(`left out, as it cannot be read: ${oneLine(name)}: ${reason}`);
    }
  });
}

async function options(flags: ConvertFlags, signal: AbortSignal): Promise<ConvertOptions> {
  const { container, into, prefix, ema, dtype, fromLayout, layout: toLayout, branches, pattern: file } = flags;
  const inceptionCounts = file === undefined ? undefined : branchCounts(parsePattern(await readText(file), { file }));
  const given = defined({ container, into, prefix, ema, dtype, fromLayout, toLayout, inceptionCounts });
  return { ...given, ...defined({ maxShardBytes: flags.maxShard }), ...readingOf(flags), branches, signal };
}

function megabytes(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('expected a number of megabytes above 0');
  return value * 1e6;
}

const SHOWN = 3;

function some(names: readonly string[]): string {
  return listed(names.slice(0, SHOWN), names.length);
}
