/** Files, read piece by piece straight into the scanner's buffer: neither the text nor objects are ever in memory as a whole. */
import { open } from 'node:fs/promises';
import { allocator } from '../data/annotation-builder';
import { CocoDataset } from '../data/dataset';
import { DatasetSink } from '../data/dataset-builder';
import { type CocoResults, type ReadOptions, ResultsSink } from '../data/results';
import { CocoError } from '../errors';
import { CocoCursor, type CocoSink } from '../json/cursor';

export interface LoadOptions extends ReadOptions {
  readonly signal?: AbortSignal;
  /** Called after each megabyte with bytes read and in all. */
  readonly onProgress?: (read: number, total: number) => void;
}

// Fits the second-level cache, and a read costs little beside scanning it.
const PIECE = 1 << 20;

/**
 * Reads an annotation file of any size.
 *
 * @throws {@link CocoError} where the file cannot be read, {@link CocoFormatError} as {@link CocoDataset.parse}.
 */
export async function loadDataset(path: string, options: LoadOptions = {}): Promise<CocoDataset> {
  const sink = new DatasetSink(options.source ?? path, allocator(options.shared ?? false));
  await readInto(sink, path, sink.source, options);
  return new CocoDataset(sink.finish());
}

/** Reads a results file of any size. @throws as {@link loadDataset} and {@link CocoResults.parse}. */
export async function loadResults(path: string, options: LoadOptions = {}): Promise<CocoResults> {
  const sink = new ResultsSink(options.source ?? path, allocator(options.shared ?? false));
  await readInto(sink, path, sink.source, options);
  return sink.finish();
}

async function readInto(sink: CocoSink, path: string, source: string, options: LoadOptions): Promise<void> {
  const file = await open(path).catch((cause: unknown) => {
    throw new CocoError('ICCONV_COCO_FILE', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  });
  try {
    const { size } = await file.stat();
    const cursor = new CocoCursor(sink, source, size);
    let total = 0;
    for (;;) {
      options.signal?.throwIfAborted();
      const room = cursor.scanner.writable(PIECE);
      const { bytesRead } = await file.read(room, 0, Math.min(room.length, PIECE));
      if (bytesRead === 0) break;
      cursor.pushed(bytesRead);
      total += bytesRead;
      options.onProgress?.(total, size);
    }
    cursor.close();
  } finally {
    await file.close();
  }
}
