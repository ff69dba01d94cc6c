/** Data of a setting: scenes of this folder or of an example, made on the spot, or files that are there. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CocoData, loadDataset } from '@icconv/coco/node';
import { writeSplit as writeDigits } from '../../../digits/src/write-split';
import { writeSplit as writeFigures } from '../../../figures/src/write-split';
import type { Starved } from './config';
import { openSplit, type Split } from './dataset';

export interface Splits {
  readonly train: CocoData;
  readonly test: CocoData;
}

/** Opens the data, and makes them first where they are made and not there. @param beside - resolves paths of the configuration. */
export async function openData(data: Starved['data'], beside: (path: string) => string): Promise<Splits> {
  if (data.kind === 'files') {
    const open = async ({ annotations, images }: typeof data.train): Promise<CocoData> => ({
      dataset: await loadDataset(beside(annotations)),
      folder: beside(images),
    });
    return { train: await open(data.train), test: await open(data.test) };
  }
  const folder = beside(data.folder);
  if (data.kind === 'digits' || data.kind === 'figures') {
    const write = data.kind === 'digits' ? writeDigits : writeFigures;
    const open = async (split: Split): Promise<CocoData> => {
      const path = join(folder, `${split}.json`);
      if (!existsSync(path)) await write({ folder, split, count: data[split] });
      return { dataset: await loadDataset(path), folder: join(folder, 'images') };
    };
    return { train: await open('train'), test: await open('test') };
  }
  const { kind, side, heights, count } = data;
  const open = (split: Split) => openSplit(folder, split, data[split], { kind, side, heights, count });
  return { train: await open('train'), test: await open('test') };
}
