/** Pickle instructions that carry their value in the bytes behind them. */
import { Op } from './opcodes';
import type { PickleReader } from './reader';

export const NOT_A_LITERAL = Symbol('not a literal');

/** @returns the value, or {@link NOT_A_LITERAL} for an instruction of another kind, with nothing read. */
export function readLiteral(reader: PickleReader, op: number): unknown {
  switch (op) {
    case Op.NONE:
      return null;
    case Op.NEWTRUE:
      return true;
    case Op.NEWFALSE:
      return false;
    case Op.INT:
    case Op.LONG:
      return reader.decimalInteger();
    case Op.FLOAT:
      return reader.decimalFloat();
    case Op.STRING:
      return reader.quotedText();
    case Op.UNICODE:
      return reader.escapedText();
    case Op.BININT:
      return reader.int32();
    case Op.BININT1:
      return reader.byte();
    case Op.BININT2:
      return reader.uint16();
    case Op.LONG1:
      return reader.integer(reader.byte());
    case Op.LONG4:
      return reader.integer(reader.uint32());
    case Op.BINFLOAT:
      return reader.float64();
    case Op.SHORT_BINUNICODE:
      return reader.text(reader.byte());
    case Op.BINUNICODE:
      return reader.text(reader.uint32());
    case Op.BINUNICODE8:
      return reader.text(reader.uint64());
    case Op.SHORT_BINSTRING:
      return reader.latin1(reader.byte());
    case Op.BINSTRING:
      return reader.latin1(reader.uint32());
    case Op.SHORT_BINBYTES:
      return reader.data(reader.byte());
    case Op.BINBYTES:
      return reader.data(reader.uint32());
    case Op.BINBYTES8:
    case Op.BYTEARRAY8:
      return reader.data(reader.uint64());
    default:
      return NOT_A_LITERAL;
  }
}
