/** An evaluation as files. */
import { join } from 'node:path';
import { makeFolder, writeAtomically } from '@icconv/base/files';
import { writeChart } from '@icconv/base/pictures';
import type { Report } from '../report/render';

/**
 * Writes charts (SVG, PNG) and `report.html` with all of them. Needs the optional peer `echarts`.
 *
 * @param folder - made where it is missing.
 * @returns the path of the report.
 * @throws FileError
 */
export async function writeReport(folder: string, report: Report): Promise<string> {
  // The chart library is large: loaded only here.
  const { renderCharts, renderHtml } = await import('../report');
  await makeFolder(folder);
  for (const [name, svg] of Object.entries(renderCharts(report))) await writeChart(join(folder, name), svg);
  const path = join(folder, 'report.html');
  await writeAtomically(path, renderHtml(report));
  return path;
}
