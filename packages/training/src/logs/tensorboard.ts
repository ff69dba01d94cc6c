/**
 * TensorBoard's event files. A file is a row of records: length (uint64), masked CRC-32C of the length, the message, masked CRC-32C of it,
 * all little-endian. A message is an `Event`: wall time 1 (double), step 2 (int64), file version 3 (string), summary 5, session log 7;
 * a summary has values 1, each with tag 1 (string) and simple value 2 (float).
 *
 * Sources: tensorflow/core/lib/io/record_writer.h, tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { FileError } from '@icconv/base';
import protobuf from 'google-protobuf';

/** Of SessionLog.SessionStatus: tells TensorBoard to forget what was logged beyond this step before an interruption. */
const SESSION_START = 1;

export interface EventWriter {
  readonly path: string;
  /** One point of each curve. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  close(): void;
}

/** Starts a new event file in a folder. @param firstStep - where the curves go on. */
export function createEventWriter(
  folder: string,
  firstStep = 0,
  now: () => number = () => Date.now() / 1000,
): EventWriter {
  const started = now();
  const name = `events.out.tfevents.${Math.floor(started).toString().padStart(10, '0')}.${hostname()}.${process.pid}.${counter++}`;
  const path = join(folder, name);
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw FileError.from(path, 'cannot be written', error);
    }
  };
  attempt(() => mkdirSync(folder, { recursive: true }));
  let file: number | undefined = attempt(() => openSync(path, 'wx'));
  const write = (step: number, fill: (event: protobuf.BinaryWriter) => void) => {
    if (file === undefined) return;
    const event = new protobuf.BinaryWriter();
    event.writeDouble(1, now());
    if (step !== 0) event.writeInt64(2, step);
    fill(event);
    const open = file;
    attempt(() => writeSync(open, record(event.getResultBuffer())));
  };
  write(0, (event) => event.writeString(3, 'brain.Event:2'));
  if (firstStep > 0) {
    write(firstStep, (event) => event.writeMessage(7, {}, (_, log) => log.writeEnum(1, SESSION_START)));
  }
  return {
    path,
    scalars(step, values) {
      write(step, (event) =>
        event.writeMessage(5, values, (entries, summary) => {
          for (const [tag, value] of Object.entries(entries)) {
            summary.writeMessage(1, value, (number, point) => {
              point.writeString(1, tag);
              point.writeFloat(2, number);
            });
          }
        }),
      );
    },
    close() {
      if (file !== undefined) closeSync(file);
      file = undefined;
    },
  };
}

/** Files of one process begun within one second must differ. */
let counter = 0;

/** A message framed as a record. */
function record(message: Uint8Array): Buffer {
  const bytes = Buffer.alloc(message.length + 16);
  bytes.writeBigUInt64LE(BigInt(message.length), 0);
  bytes.writeUInt32LE(maskedCrc(bytes.subarray(0, 8)), 8);
  bytes.set(message, 12);
  bytes.writeUInt32LE(maskedCrc(message), 12 + message.length);
  return bytes;
}

/** CRC-32C turned and shifted, so that the checksum of data that holds checksums stays good. */
export function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

// Castagnoli's polynomial, bits reversed. Node's zlib has the other CRC-32 only.
const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
