/** Files, read piece by piece straight into the scanner's buffer: neither the text nor objects are ever in memory as a whole. */
import type { FileHandle } from 'node:fs/promises';
import { FileError } from '@icconv/base';
import { openOrdinaryFile } from '@icconv/base/files';
import { allocator } from '../data/annotation-builder';
import { CocoDataset } from '../data/dataset';
import { DatasetSink } from '../data/dataset-builder';
import { type CocoReadOptions, type CocoResults, ResultsSink } from '../data/results';
import { CocoCursor, type CocoSink } from '../json/cursor';

export interface LoadOptions extends CocoReadOptions {
  readonly signal?: AbortSignal;
  /** Called after each megabyte with bytes read and in all. */
  readonly onProgress?: (read: number, total: number) => void;
}

// Fits the second-level cache, and a read costs little beside scanning it.
const PIECE = 1 << 20;

/**
 * Reads an annotation file of any size.
 *
 * @throws FileError where the file cannot be read, or is a named pipe, a device or a folder; {@link CocoFormatError} as {@link CocoDataset.parse}.
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
  const { handle, size } = await openOrdinaryFile(path);
  try {
    const cursor = new CocoCursor(sink, source, { totalBytes: size, maxRecordBytes: options.maxRecordBytes });
    let total = 0;
    for (;;) {
      options.signal?.throwIfAborted();
      const room = cursor.scanner.writable(PIECE);
      const bytesRead = await readPiece(handle, path, room.subarray(0, PIECE));
      if (bytesRead === 0) break;
      cursor.pushed(bytesRead);
      total += bytesRead;
      options.onProgress?.(total, size);
    }
    cursor.close();
  } finally {
    await handle.close();
  }
}

async function readPiece(handle: FileHandle, path: string, into: Uint8Array): Promise<number> {
  try {
    return (await handle.read(into, 0, into.length)).bytesRead;
  } catch (cause) {
    throw FileError.from(path, 'cannot be read', cause);
  }
}
