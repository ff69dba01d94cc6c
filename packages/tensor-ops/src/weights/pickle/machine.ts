/**
 * Reads pickles, protocols 2 to 5, as data. The format is a stack program; this machine knows the instructions that build plain
 * values, and for calls only the short list in globals.ts, which are JavaScript functions that make data. No code of a file runs.
 *
 * Source: Python's Lib/pickletools.py (opcodes and their arguments).
 */
import { RefusedPickleError } from '../../errors';
import type { GlobalTable } from './globals';
import type { PickleLimits } from './limits';
import { NOT_A_LITERAL, readLiteral } from './literals';
import { Op } from './opcodes';
import { PickleReader } from './reader';
import { OpaqueObject, PickleGlobal } from './values';

export interface PickleOptions {
  /** For messages. */
  readonly path: string;
  readonly globals: GlobalTable;
  /** Resolves a persistent id: how PyTorch refers to storages. */
  readonly persistentLoad?: (id: unknown) => unknown;
  readonly limits?: Partial<PickleLimits> | undefined;
}

/** @returns the value, and the number of bytes up to and with the final instruction. */
export function unpickle(bytes: Uint8Array, options: PickleOptions): { value: unknown; end: number } {
  const reader = new PickleReader(bytes, options.path, options.limits);
  const value = new Machine(reader, options).run();
  return { value, end: reader.position };
}

const MARK = Symbol('mark');

class Machine {
  readonly #in: PickleReader;
  readonly #options: PickleOptions;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  #depth = 0;

  constructor(reader: PickleReader, options: PickleOptions) {
    this.#in = reader;
    this.#options = options;
  }

  run(): unknown {
    const reader = this.#in;
    const { maxOpcodes, maxStack } = reader.limits;
    if (reader.byte() !== Op.PROTO)
      reader.fail('does not begin with a protocol number; protocols 0 and 1 are not read');
    const protocol = reader.byte();
    if (protocol < 2 || protocol > 5) reader.fail(`has protocol ${protocol}; 2 to 5 are read`);
    for (let count = 1; ; count++) {
      reader.within(count, maxOpcodes, 'instructions');
      const op = reader.byte();
      if (op === Op.STOP) return this.#pop();
      const literal = readLiteral(reader, op);
      if (literal !== NOT_A_LITERAL) this.#stack.push(literal);
      else if (!this.#collect(op) && !this.#refer(op)) this.#construct(op);
      reader.within(this.#stack.length, maxStack, 'values at once');
    }
  }

  /** Instructions that move values and fill collections. */
  #collect(op: number): boolean {
    const stack = this.#stack;
    switch (op) {
      case Op.MARK:
        this.#in.within(++this.#depth, this.#in.limits.maxDepth, 'nested collections');
        stack.push(MARK);
        break;
      case Op.POP:
        if (stack.at(-1) === MARK) this.#popMark();
        else this.#pop();
        break;
      case Op.POP_MARK:
        this.#popMark();
        break;
      case Op.DUP:
        stack.push(this.#top());
        break;
      case Op.TUPLE1:
        stack.push([this.#pop()]);
        break;
      case Op.TUPLE2:
        stack.push([this.#pop(), this.#pop()].reverse());
        break;
      case Op.TUPLE3:
        stack.push([this.#pop(), this.#pop(), this.#pop()].reverse());
        break;
      case Op.LIST:
      case Op.TUPLE:
        stack.push(this.#popMark());
        break;
      case Op.FROZENSET:
        stack.push(new Set(this.#popMark()));
        break;
      case Op.DICT: {
        const items = this.#popMark();
        stack.push(new Map());
        this.#setItems(items);
        break;
      }
      case Op.APPEND:
        this.#append([this.#pop()]);
        break;
      case Op.APPENDS:
        this.#append(this.#popMark());
        break;
      case Op.SETITEM:
        this.#setItems([this.#pop(), this.#pop()].reverse());
        break;
      case Op.SETITEMS:
        this.#setItems(this.#popMark());
        break;
      case Op.ADDITEMS: {
        const items = this.#popMark();
        const set = this.#top();
        if (!(set instanceof Set)) return this.#in.fail('adds to something that is not a set');
        for (const item of items) set.add(item);
        break;
      }
      default:
        return false;
    }
    return true;
  }

  /** Instructions that remember and recall values. */
  #refer(op: number): boolean {
    const reader = this.#in;
    switch (op) {
      case Op.FRAME:
        // Frames only help a reader that buffers.
        reader.uint64();
        break;
      case Op.BINPUT:
        this.#remember(reader.byte());
        break;
      case Op.LONG_BINPUT:
        this.#remember(reader.uint32());
        break;
      case Op.MEMOIZE:
        this.#remember(this.#memo.size);
        break;
      case Op.BINGET:
        this.#recall(reader.byte());
        break;
      case Op.LONG_BINGET:
        this.#recall(reader.uint32());
        break;
      default:
        return false;
    }
    return true;
  }

  /** Instructions that name classes, make objects and set their state. */
  #construct(op: number): void {
    const stack = this.#stack;
    const reader = this.#in;
    switch (op) {
      case Op.GLOBAL: {
        const module = reader.line();
        stack.push(this.#global(module, reader.line()));
        break;
      }
      case Op.STACK_GLOBAL: {
        const name = this.#pop();
        stack.push(this.#global(this.#pop(), name));
        break;
      }
      case Op.REDUCE:
      case Op.NEWOBJ: {
        const args = this.#pop();
        stack.push(this.#call(this.#pop(), args));
        break;
      }
      case Op.NEWOBJ_EX: {
        const keywords = this.#pop();
        if (!(keywords instanceof Map) || keywords.size > 0) reader.fail('makes an object with keyword arguments');
        const args = this.#pop();
        stack.push(this.#call(this.#pop(), args));
        break;
      }
      case Op.BUILD: {
        const state = this.#pop();
        this.#build(this.#top(), state);
        break;
      }
      case Op.BINPERSID: {
        const { persistentLoad } = this.#options;
        if (persistentLoad === undefined) reader.fail('refers to data outside itself');
        else stack.push(persistentLoad(this.#pop()));
        break;
      }
      default: {
        const code = `0x${op.toString(16).padStart(2, '0')}`;
        reader.fail(`has the instruction ${code}, which weights have no need of; refused or damaged`);
      }
    }
  }

  #global(module: unknown, name: unknown): unknown {
    if (typeof name !== 'string' || typeof module !== 'string') {
      return this.#in.fail('names a class by something that is not text');
    }
    const { globals, path } = this.#options;
    const full = `${module}.${name}`;
    const found = globals.find(full);
    if (found === undefined) throw new RefusedPickleError(path, full, globals.remedy);
    return found;
  }

  #call(callee: unknown, args: unknown): unknown {
    if (!Array.isArray(args)) return this.#in.fail('calls with arguments that are not a tuple');
    // The method of a class that is kept as data: what it would return is kept the same way.
    if (callee instanceof OpaqueObject) return new OpaqueObject(`${callee.type}()`, args);
    if (!(callee instanceof PickleGlobal)) return this.#in.fail('calls something that is not a known function');
    return this.#options.globals.call(callee.name, args, this.#options.path);
  }

  #build(target: unknown, state: unknown): void {
    const { globals, path } = this.#options;
    if (target instanceof OpaqueObject) target.state = state;
    else if (globals.hasState(target)) globals.build(target, state, path);
    // An OrderedDict's attributes (`_metadata`: module versions) say nothing about its items; other values have none.
    else if (!(target instanceof Map)) this.#in.fail('sets the state of a value that has none');
  }

  #setItems(items: readonly unknown[]): void {
    if (items.length % 2 !== 0) this.#in.fail('has a key without a value');
    const target = this.#top();
    let map = target;
    if (target instanceof OpaqueObject) {
      if (!(target.state instanceof Map)) target.state = new Map();
      map = target.state;
    }
    if (!(map instanceof Map)) this.#in.fail('sets items of something that is not a dictionary');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  #append(items: readonly unknown[]): void {
    const target = this.#top();
    let list = target;
    if (target instanceof OpaqueObject) {
      if (!Array.isArray(target.state)) target.state = [];
      list = target.state;
    }
    if (!Array.isArray(list)) this.#in.fail('appends to something that is not a list');
    for (const item of items) list.push(item);
  }

  #remember(index: number): void {
    this.#in.within(this.#memo.size, this.#in.limits.maxMemo, 'remembered values');
    this.#memo.set(index, this.#top());
  }

  #recall(index: number): void {
    if (!this.#memo.has(index)) this.#in.fail(`refers to value ${index}, which it never remembered`);
    this.#stack.push(this.#memo.get(index));
  }

  #pop(): unknown {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #top(): unknown {
    const value = this.#stack.at(-1);
    if (this.#stack.length === 0 || value === MARK) this.#in.fail('takes a value from an empty stack; damaged');
    return value;
  }

  #popMark(): unknown[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) this.#in.fail('takes values from an empty stack; damaged');
    this.#depth--;
    const items = this.#stack.splice(at);
    items.shift();
    return items;
  }
}
