/** `icconv coco check`: what is wrong, or will surprise, in an annotation file and its pictures. */
import { counted } from '@icconv/base';
import { type CocoDataset, checkDataset, formatCheck } from '@icconv/coco';
import { checkPictures, formatPictureFaults, loadDataset, loadResults, type PictureCheck } from '@icconv/coco/node';
import { Command } from 'commander';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../context';
import { countProgress } from '../ui/progress';

interface CheckOptions {
  readonly results?: string;
  readonly images?: string;
  readonly decode?: boolean;
  readonly classes: number;
  readonly json?: boolean;
}

export function checkCommand({ signal }: CommandContext): Command {
  return new Command('check')
    .description('look for faults and traps in an annotation file; exit code 1 where there are errors')
    .argument('<file>', 'annotation file')
    .option('--results <file>', 'check a results file against it too')
    .option('--images <folder>', 'look at its pictures too: missing, broken, of another size than the file says')
    .option('--decode', 'decode every picture whole, instead of its header and end')
    .option('--classes <n>', 'categories in the histogram', countOption, 20)
    .option('--json', 'print the report as JSON')
    .action(async (file: string, options: CheckOptions) => {
      const dataset = await loadDataset(file, { signal });
      const results = options.results === undefined ? undefined : await loadResults(options.results, { signal });
      const report = checkDataset(dataset, results === undefined ? {} : { results });
      const { images } = options;
      const pictures = images === undefined ? undefined : await look(dataset, images, options.decode ?? false, signal);
      if (options.json) {
        const told = pictures && { checked: pictures.pictures, faults: pictures.faults };
        console.log(JSON.stringify({ ...report, pictures: told }, null, 2));
      } else {
        console.log(formatCheck(report, { classes: options.classes }));
        if (pictures !== undefined) console.log(`\n${picturesText(pictures, images!)}`);
      }
      const wrong = report.findings.some((finding) => finding.severity === 'error');
      if (wrong || (pictures?.faults.length ?? 0) > 0) process.exitCode = 1;
    });
}

async function look(dataset: CocoDataset, folder: string, decode: boolean, signal: AbortSignal): Promise<PictureCheck> {
  const progress = countProgress('checking pictures', dataset.imageCount);
  const onProgress = ({ done }: { readonly done: number }) => progress.update(done);
  return checkPictures(dataset, folder, { decode, signal, onProgress }).finally(() => progress.stop());
}

const PICTURES_SHOWN = 100;

function picturesText({ pictures, faults }: PictureCheck, folder: string): string {
  if (faults.length === 0) return `${counted(pictures, 'picture')} looked at, nothing wrong found`;
  const head = `${faults.length} of ${counted(pictures, 'picture')}:`;
  return `${head}\n${formatPictureFaults(faults, folder, PICTURES_SHOWN)}`;
}
