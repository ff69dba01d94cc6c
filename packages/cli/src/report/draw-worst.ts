/** Pictures with most mistakes, as they stand in a page: what is annotated dashed, what was found as the task draws it. */
import { escapeHtml, ImageDecodeError } from '@icconv/base';
import { type DecodedImage, decodeImage, drawOver } from '@icconv/base/pictures';
import type { CocoId } from '@icconv/coco';
import { type PictureRules, pictureFiles } from '@icconv/coco/node';
import { type BoundData, createRunner } from '@icconv/task';
import sharp from 'sharp';
import type { AnyTaskCommand } from '../tasks/task-command';
import type { WorstPicture } from './mistakes';

/** Pixels; two columns of a page on a fine screen. */
const WIDTH = 640;
/** As overlays show by default. */
const SCORE = { score: 0.3, top: 3 } as const;

/**
 * A picture that cannot be read and may be left out has its caption alone.
 *
 * @param folder - of the model.
 * @returns HTML.
 * @throws ImageDecodeError for a picture that may not be left out; the signal's reason.
 */
export async function drawWorst(
  own: AnyTaskCommand,
  folder: string,
  data: BoundData,
  worst: readonly WorstPicture[],
  how: { readonly rules: PictureRules; readonly signal: AbortSignal },
): Promise<string> {
  const { rules, signal } = how;
  const runner = await createRunner(own.task, folder);
  try {
    const figures: string[] = [];
    for (const { id, problem } of worst) {
      const [file] = pictureFiles({ ...data, imageIds: [id] });
      const caption = `${escapeHtml(file!.name)}: ${escapeHtml(problem)}`;
      let picture: DecodedImage;
      try {
        picture = await decodeImage(file!.image, { signal, tolerateDamage: rules.tolerateDamage });
      } catch (error) {
        if (rules.onUnreadable !== 'skip' || !ImageDecodeError.isInstance(error)) throw error;
        figures.push(`<figure><figcaption>${caption} (the picture cannot be read)</figcaption></figure>`);
        continue;
      }
      const source = `data:image/jpeg;base64,${(await draw(picture, id)).toString('base64')}`;
      figures.push(`<figure><img src="${source}" alt="${caption}"><figcaption>${caption}</figcaption></figure>`);
    }
    return `<div class="pictures">${figures.join('\n')}</div>`;
  } finally {
    await runner.dispose();
  }

  async function draw(picture: DecodedImage, id: CocoId): Promise<Buffer> {
    const result = await runner.run(picture, { ...own.callOf(SCORE), signal });
    const annotated = await decodeImage(await drawOver(picture, boxesSvg(data, id, picture)));
    const drawn = await own.draw(annotated, result, runner.model, { flags: SCORE, format: 'jpg' });
    return sharp(drawn).resize({ width: WIDTH, withoutEnlargement: true }).jpeg({ quality: 82 }).toBuffer();
  }
}

function boxesSvg(
  { dataset }: BoundData,
  id: CocoId,
  { width, height }: { readonly width: number; readonly height: number },
): string {
  const line = Math.max(1, Math.min(width, height) / 300);
  const boxes = dataset.loadAnns(dataset.getAnnIds({ imgIds: [id] })).flatMap(({ bbox }) => {
    if (bbox === undefined) return [];
    const [x, y, w, h] = bbox as [number, number, number, number];
    const place = `x="${x}" y="${y}" width="${w}" height="${h}" fill="none" stroke-width="${line}"`;
    return `<rect ${place} stroke="#000"/><rect ${place} stroke="#fff" stroke-dasharray="${4 * line}"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${boxes.join('')}</svg>`;
}
