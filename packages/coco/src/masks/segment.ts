import { polygonsOf, runLengthsOf, type SegmentColumns } from '../data/segments';
import { CocoMismatchError } from '../errors';
import { rleFromPolygons } from './polygon';
import { decompressCounts, type Rle } from './rle';

/** Mask of a row; `h` and `w` are the image's size, which polygons need (-1 where unknown). Undefined where the row has no mask. */
export function segmentToRle(segments: SegmentColumns, row: number, h: number, w: number): Rle | undefined {
  const runs = runLengthsOf(segments, row);
  if (runs !== undefined) {
    const { height, width } = runs;
    const counts = runs.compressed ? decompressCounts(runs.counts as Uint8Array) : Uint32Array.from(runs.counts);
    return { height, width, counts };
  }
  const polygons = polygonsOf(segments, row);
  if (polygons.length === 0) return undefined;
  if (h < 0 || w < 0)
    throw new CocoMismatchError('a polygon needs the width and height of its image, which the images list lacks');
  return rleFromPolygons(polygons, h, w);
}
