/** `icconv coco`: looks after COCO files. */
import { checkDataset, formatCheck } from '@icconv/coco';
import { loadDataset, loadResults } from '@icconv/coco/node';
import { Command } from 'commander';
import { countOption } from '../config/number-options';
import type { CommandContext } from '../program';
import { convertCommand } from './coco-convert';

export function cocoCommand(context: CommandContext): Command {
  return new Command('coco')
    .description('check and convert COCO annotations and results')
    .addCommand(checkCommand(context))
    .addCommand(convertCommand(context));
}

function checkCommand({ signal }: CommandContext): Command {
  return new Command('check')
    .description('look for faults and traps in an annotation file; exit code 1 where there are errors')
    .argument('<file>', 'annotation file')
    .option('--results <file>', 'check a results file against it too')
    .option('--classes <n>', 'categories in the histogram', countOption, 20)
    .option('--json', 'print the report as JSON')
    .action(async (file: string, options: { results?: string; classes: number; json?: boolean }) => {
      const dataset = await loadDataset(file, { signal });
      const results = options.results === undefined ? undefined : await loadResults(options.results, { signal });
      const report = checkDataset(dataset, results === undefined ? {} : { results });
      console.log(options.json ? JSON.stringify(report, null, 2) : formatCheck(report, { classes: options.classes }));
      if (report.findings.some((finding) => finding.severity === 'error')) process.exitCode = 1;
    });
}
