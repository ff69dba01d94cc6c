import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileError } from '@icconv/base';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ResultsCsv } from './results-csv';
import { createEventWriter } from './tensorboard';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'icconv-logs-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('logs that cannot be written are errors of the project, and leave nothing behind', () => {
  mkdirSync(join(folder, 'results.csv'));
  writeFileSync(join(folder, 'file'), '');
  expect(() => new ResultsCsv(join(folder, 'results.csv')).add({ epoch: 1 })).toThrow(FileError);
  expect(() => createEventWriter(join(folder, 'file'))).toThrow(FileError);
  expect(readdirSync(folder).sort()).toEqual(['file', 'results.csv']);
});
