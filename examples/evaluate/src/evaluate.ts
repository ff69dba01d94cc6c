/** `evaluate.ts MODEL ANNOTATIONS IMAGES [OUT]`: COCO's metric of a detector, by category, and a page of its mistakes. */
import { analyzeErrors, CocoResults, evaluate, formatSummary, perCategory } from '@icconv/coco';
import { openData, writeReport } from '@icconv/coco/node';
import { createDetector, detectDataset } from '@icconv/detection/node';

const [model, annotations, images, out] = process.argv.slice(2);
if (images === undefined) throw new Error('evaluate.ts MODEL ANNOTATIONS IMAGES [OUT]');
const data = await openData({ annotations: annotations!, images });
const detector = await createDetector(model);
const records = await detectDataset(detector, data);
await detector.dispose();

// From here on it is plain data: results of any other program would do.
const results = CocoResults.parse(records);
const evaluation = evaluate(data.dataset, results, { iouType: 'bbox' });
console.log(formatSummary(evaluation));
for (const { name, objects, AP } of perCategory(evaluation, data.dataset)) console.log(name, objects, AP.toFixed(3));
const errors = analyzeErrors(data.dataset, results, { iouType: 'bbox' });
console.log(
  `${errors.total.correct} right, ${errors.total.missed} missed, ${errors.total.background} where nothing is`,
);
if (out !== undefined) console.log(await writeReport(out, { evaluation, dataset: data.dataset, errors }));
