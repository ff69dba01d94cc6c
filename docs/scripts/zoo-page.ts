/** The page of published checkpoints, out of the tasks' zoos. */
import { CLASSIFICATION } from '@icconv/classification/node';
import { DETECTION } from '@icconv/detection/node';
import { POSE } from '@icconv/pose/node';
import type { ZooRow } from '@icconv/task';

const TASKS = [DETECTION, POSE, CLASSIFICATION];
const MEBIBYTE = 2 ** 20;

/** Markdown: a table a task. */
export function zooPage(): string {
  const tables = TASKS.map(({ name, zoo }) => `## ${name[0]!.toUpperCase()}${name.slice(1)}\n\n${table(zoo)}`);
  return `# Published checkpoints

Made from the tables in the code by \`pnpm --filter @icconv/docs zoo\`. Figures are the publishers', in percent; \`icconv reproduce\` measures them.
\`icconv models fetch NAME\` brings a file into the cache, with its checksum checked, or prints the steps for one that has no address. Licences are the
publishers'; the terms of what a network was trained on may bind too.

${tables.join('\n\n')}
`;
}

function table(rows: readonly ZooRow[]): string {
  const head =
    '| name | size | published | on | licence | trained on | figures from |\n| --- | ---: | --- | --- | --- | --- | --- |';
  return [head, ...rows.map((row) => `| ${cells(row).join(' | ')} |`)].join('\n');
}

function cells({ name, file, metric, licence, source }: ZooRow): string[] {
  const size = 'steps' in file ? 'by hand' : file.bytes === undefined ? '' : `${Math.round(file.bytes / MEBIBYTE)} MiB`;
  const figures = Object.entries(metric.values).map(([figure, value]) => `${figure} ${value}`);
  return [name, size, figures.join(', '), metric.dataset, licence.code, licence.trainedOn.join(', '), source];
}
