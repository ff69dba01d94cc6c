/** `report.html` of a training: how it went, what the best weights find and what they get wrong. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { counted, escapeHtml } from '@icconv/base';
import type { PageSection } from '@icconv/base/charts';
import { readText, writeAtomically } from '@icconv/base/files';
import { type CocoDetection, type DataReport, type Evaluation, formatDataReports } from '@icconv/coco';
import { loadResults, type PictureRules } from '@icconv/coco/node';
import { BEST_RESULTS_FILE, type BoundData, type TaskTypes, type TrainingData } from '@icconv/task';
import type { TrainResult } from '@icconv/training/node';
import type { AnyTaskCommand } from '../tasks/task-command';
import { drawWorst } from './draw-worst';
import { boxMistakes, labelMistakes, type WorstPicture } from './mistakes';

/** Pictures that are shown. */
const WORST = 12;

export interface FinishedTraining {
  readonly folder: string;
  readonly model: TaskTypes['model'];
  readonly result: TrainResult;
  readonly minutes: number;
  /** As it was learned and scored. */
  readonly data: TrainingData;
  readonly rules: PictureRules;
  readonly signal: AbortSignal;
}

/** Writes it. @returns its path. @throws FileError; ImageDecodeError for a picture that has gone meanwhile, where the rules say so; the signal's reason. */
export async function writeTrainingReport(own: AnyTaskCommand, training: FinishedTraining): Promise<string> {
  // The chart library is large: loaded only here.
  const { renderPage } = await import('@icconv/base/charts');
  const { folder, model, result, minutes, data } = training;
  const { val } = data;
  const { best, rows } = result;
  const found = join(folder, BEST_RESULTS_FILE);
  const evaluated = val !== undefined && best !== undefined && existsSync(found);
  const records = evaluated ? await readRecords(found, own.task.data.kind(model)) : [];
  const curves = Buffer.from(await readFile(join(folder, 'curves.svg'))).toString('base64');
  const page = renderPage({
    title: `${own.task.noun}: ${basename(folder)}`,
    intro: `${counted(rows.length, 'epoch')}, ${counted(result.steps, 'update')}, ${minutes.toFixed(1)} minutes in this process.`,
    tiles: evaluated
      ? // An epoch that time ended in its middle, and that was gone on with, has two rows.
        Object.entries(rows.findLast(({ epoch }) => epoch === best.epoch) ?? {}).flatMap(([column, value]) =>
          column.startsWith('val/')
            ? [[Number(value).toFixed(3), `${column.slice('val/'.length)}, epoch ${best.epoch}`] as const]
            : [],
        )
      : [],
    sections: [
      { html: `<img src="data:image/svg+xml;base64,${curves}" alt="losses and metrics by epoch">` },
      ...(evaluated ? await evaluationSections(own, training, val, records) : []),
      { title: 'Data', html: pre(formatDataReports({ ...data.reports })) },
      { title: 'Configuration', html: pre(await readText(join(folder, 'config.yaml'))) },
    ],
  });
  const path = join(folder, 'report.html');
  await writeAtomically(path, page);
  return path;
}

async function readRecords(path: string, kind: DataReport['task']): Promise<CocoDetection[]> {
  // Labels have ranks, which COCO's results lack; and a few records for each picture at most.
  if (kind === 'labels') return JSON.parse(await readText(path)) as CocoDetection[];
  return [...(await loadResults(path))];
}

async function evaluationSections(
  own: AnyTaskCommand,
  { folder, model, rules, signal }: FinishedTraining,
  data: BoundData,
  records: readonly CocoDetection[],
): Promise<PageSection[]> {
  const { task } = own;
  const evaluation = task.evaluation.score(records, data, model, {});
  const kind = task.data.kind(model);
  const summary = { title: 'Metric of the best weights', html: pre(task.evaluation.format(evaluation, model)) };
  const { charts, worst } = await mistakes();
  if (worst.length === 0) return [summary, ...charts];
  const shown = worst.slice(0, WORST);
  const pictures = {
    title: 'Pictures with most mistakes',
    text: `${shown.length} of ${worst.length}; what is annotated is dashed, what was found is in colour.`,
    html: await drawWorst(own, folder, data, shown, { rules, signal }),
  };
  return [summary, ...charts, pictures];

  async function mistakes(): Promise<{ charts: PageSection[]; worst: readonly WorstPicture[] }> {
    const { confusionChart, renderSvg, reportSections } = await import('@icconv/coco/report');
    if (kind === 'labels') {
      const { worst, ...confused } = labelMistakes(records, data);
      return { worst, charts: [{ html: renderSvg(confusionChart(confused), { height: 900 }) }] };
    }
    const cocos = evaluation as unknown as Evaluation;
    const { errors, worst } = boxMistakes(cocos, records, data, kind);
    return { worst, charts: reportSections({ evaluation: cocos, dataset: data.dataset, errors }) };
  }
}

const pre = (text: string) => `<pre>${escapeHtml(text)}</pre>`;
