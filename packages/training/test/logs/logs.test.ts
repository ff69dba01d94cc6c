import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import protobuf from 'google-protobuf';
import { afterAll, expect, test } from 'vitest';
import { describeFrozen } from '../../src';
import { ResultsCsv } from '../../src/logs/results-csv';
import { crc32c, maskedCrc } from '../../src/logs/tensorboard';
import { createEventWriter, createProgress, formatDuration } from '../../src/node';

const folder = mkdtempSync(join(tmpdir(), 'icconv-logs-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('CRC-32C of the standard check text, and masked', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  // RFC 3720, B.4: 32 bytes of zeros, of ones.
  expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
  expect(maskedCrc(new Uint8Array(32))).toBe((((0x8a9136aa >>> 15) | (0x8a9136aa << 17)) + 0xa282ead8) >>> 0);
});

test('event files are records of events', () => {
  const writer = createEventWriter(folder, 7, () => 1700000000.5);
  writer.scalars(8, { 'train/total': 0.25, 'val/AP': 1 });
  writer.close();
  const bytes = readFileSync(writer.path);
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(maskedCrc(bytes.subarray(at, at + 8)));
    const message = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedCrc(message));
    messages.push(message);
    at += length + 16;
  }
  expect(messages.length).toBe(3);
  const events = messages.map((message) => {
    const reader = new protobuf.BinaryReader(message);
    const event: Record<string, unknown> = {};
    const values: Record<string, number> = {};
    while (reader.nextField()) {
      const field = reader.getFieldNumber();
      if (field === 1) event.wallTime = reader.readDouble();
      else if (field === 2) event.step = reader.readInt64();
      else if (field === 3) event.version = reader.readString();
      else if (field === 7) event.log = reader.readBytes().length;
      else {
        reader.readMessage(values, () => {
          while (reader.nextField()) {
            reader.readMessage(values, () => {
              let tag = '';
              while (reader.nextField()) {
                if (reader.getFieldNumber() === 1) tag = reader.readString();
                else values[tag] = reader.readFloat();
              }
            });
          }
        });
        event.values = values;
      }
    }
    return event;
  });
  const wallTime = 1700000000.5;
  expect(events).toEqual([
    { wallTime, version: 'brain.Event:2' },
    { wallTime, step: 7, log: 2 },
    { wallTime, step: 8, values: { 'train/total': 0.25, 'val/AP': 1 } },
  ]);
});

test('results.csv is whole after every row, takes new columns, and goes on where told', () => {
  const path = join(folder, 'results.csv');
  const csv = new ResultsCsv(path);
  csv.add({ epoch: 1, step: 10, note: 'a, "b"' });
  csv.add({ epoch: 2, step: 20, AP: 0.5 });
  const lines = readFileSync(path, 'utf8').trim().split(/\r?\n/);
  expect(lines).toEqual(['epoch,step,note,AP', '1,10,"a, ""b""",', '2,20,,0.5']);
  const next = new ResultsCsv(path, (row) => Number(row.step) <= 10);
  expect(next.rows).toEqual([{ epoch: 1, step: 10, note: 'a, "b"' }]);
});

test('progress without a terminal is a line now and then', () => {
  const written: string[] = [];
  const stream = { isTTY: false, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const progress = createProgress({ stream, every: 1000 });
  const state = {
    epoch: 0,
    epochs: 3,
    batch: 5,
    batches: 9,
    secondsLeft: 125,
    learningRate: 0.1,
    losses: { total: 1.23456 },
  };
  progress.update(state);
  progress.update(state);
  progress.line('done');
  progress.stop();
  expect(written).toEqual(['epoch 1/3 5/9  total 1.235  eta 2m 05s\n', 'done\n']);
  expect([3, 3725, Number.POSITIVE_INFINITY].map(formatDuration)).toEqual(['3s', '1h 02m', '?']);
});

test('frozen weights are named by the largest group that is all frozen', () => {
  const names = ['a.conv1.weight', 'a.layer1.0.w', 'a.layer1.1.w', 'a.layer2.0.w', 'fc.weight', 'a.bn.running_mean'];
  const frozen = names.slice(0, 3);
  expect(describeFrozen(names, frozen)).toBe('frozen: 3 of 5 weights: a.conv1.weight, a.layer1.* (2)');
  expect(describeFrozen(names, names.slice(0, 4))).toBe('frozen: 4 of 5 weights: a.* (4)');
  expect(describeFrozen(names, [])).toBe('frozen: none of 5 weights');
});
