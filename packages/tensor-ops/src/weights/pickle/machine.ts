/**
 * Reads pickles, protocols 0 to 5, as data. The format is a stack program; this machine knows the instructions that build plain
 * values, and for calls only what globals.ts makes of them, which are JavaScript functions that make data. No code of a file runs.
 *
 * Source: Python's Lib/pickletools.py (opcodes and their arguments).
 */
import { type Budget, COST } from '../limits';
import type { CallKind, GlobalTable } from './globals';
import { NOT_A_LITERAL, readLiteral } from './literals';
import { Op } from './opcodes';
import { PickleReader } from './reader';
import { LongText, OpaqueObject, PickleGlobal, TensorRef, UnreadableTensor } from './values';

export interface PickleOptions {
  /** For messages. */
  readonly path: string;
  readonly globals: GlobalTable;
  readonly budget: Budget;
  /** Resolves a persistent id, which protocol 0 spells as a text: how PyTorch refers to storages. */
  readonly persistentLoad?: (id: unknown) => unknown;
}

/** @returns the value, and the number of bytes up to and with the final instruction. */
export function unpickle(bytes: Uint8Array, options: PickleOptions): { value: unknown; end: number } {
  const reader = new PickleReader(bytes, options.path, options.budget);
  const value = options.budget.work(() => new Machine(reader, options).run());
  return { value, end: reader.position };
}

const MARK = Symbol('mark');
const TICKS_A_KEY = 64;
const MEMO_GAP = 65_536;
/** Of module and class together. */
const MAX_NAME_LENGTH = 1024;

/** What a literal takes besides its place: texts and big numbers are objects of their own. */
function costOf(literal: unknown): number {
  if (typeof literal === 'string') return 24 + literal.length;
  return typeof literal === 'object' || typeof literal === 'bigint' ? COST.object : 0;
}

class Machine {
  readonly #in: PickleReader;
  readonly #options: PickleOptions;
  readonly #stack: unknown[] = [];
  readonly #memo = new Map<number, unknown>();
  readonly #budget: Budget;
  #depth = 0;
  #highest = 0;

  constructor(reader: PickleReader, options: PickleOptions) {
    this.#in = reader;
    this.#options = options;
    this.#budget = options.budget;
  }

  run(): unknown {
    const reader = this.#in;
    const budget = this.#budget;
    const stack = this.#stack;
    for (;;) {
      budget.tick();
      const op = reader.byte();
      if (op === Op.STOP) return this.#pop();
      const literal = readLiteral(reader, op);
      if (literal !== NOT_A_LITERAL) {
        budget.spend(costOf(literal));
        stack.push(literal);
      } else if (!this.#collect(op) && !this.#refer(op)) this.#construct(op);
      if (stack.length > this.#highest) {
        this.#highest = stack.length;
        budget.spend(COST.slot);
      }
    }
  }

  /** Instructions that move values and fill collections. */
  #collect(op: number): boolean {
    const stack = this.#stack;
    switch (op) {
      case Op.MARK:
        this.#budget.within(++this.#depth, 'maxDepth', 'nested collections');
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
      case Op.EMPTY_LIST:
      case Op.EMPTY_TUPLE:
        this.#budget.spend(COST.object);
        stack.push([]);
        break;
      case Op.EMPTY_DICT:
        this.#budget.spend(COST.collection);
        stack.push(new Map());
        break;
      case Op.EMPTY_SET:
        this.#budget.spend(COST.collection);
        stack.push(new Set());
        break;
      case Op.TUPLE1:
        stack.push(this.#list([this.#pop()]));
        break;
      case Op.TUPLE2:
        stack.push(this.#list([this.#pop(), this.#pop()].reverse()));
        break;
      case Op.TUPLE3:
        stack.push(this.#list([this.#pop(), this.#pop(), this.#pop()].reverse()));
        break;
      case Op.LIST:
      case Op.TUPLE:
        stack.push(this.#list(this.#popMark()));
        break;
      case Op.FROZENSET: {
        const items = this.#popMark();
        this.#budget.spend(COST.collection + items.length * COST.entry);
        stack.push(new Set(items.map((item) => this.#key(item))));
        break;
      }
      case Op.DICT: {
        const items = this.#popMark();
        this.#budget.spend(COST.collection);
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
        // What a class derived from a set holds is of no use to a reader.
        if (set instanceof OpaqueObject) break;
        if (!(set instanceof Set)) return this.#in.fail('adds to something that is not a set');
        this.#budget.spend(items.length * COST.entry);
        for (const item of items) set.add(this.#key(item));
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
      case Op.PROTO: {
        const protocol = reader.byte();
        if (protocol > 5) reader.fail(`has protocol ${protocol}; 0 to 5 are read`);
        break;
      }
      case Op.FRAME:
        // Frames only help a reader that buffers.
        reader.uint64();
        break;
      case Op.PUT:
        this.#remember(this.#decimalIndex());
        break;
      case Op.GET:
        this.#recall(this.#decimalIndex());
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
        const module = reader.name();
        stack.push(this.#global(module, reader.name()));
        break;
      }
      case Op.STACK_GLOBAL: {
        const name = this.#pop();
        stack.push(this.#global(this.#pop(), name));
        break;
      }
      case Op.REDUCE: {
        const args = this.#pop();
        stack.push(this.#call(this.#pop(), args, 'call'));
        break;
      }
      case Op.NEWOBJ: {
        const args = this.#pop();
        stack.push(this.#call(this.#pop(), args, 'new'));
        break;
      }
      case Op.NEWOBJ_EX: {
        const keywords = this.#pop();
        const args = this.#pop();
        const made = this.#call(this.#pop(), args, 'new');
        // Nothing that is read here takes any.
        if (!(keywords instanceof Map) || (keywords.size > 0 && !(made instanceof OpaqueObject))) {
          reader.fail('makes an object with keyword arguments');
        }
        if (made instanceof OpaqueObject && made.state === undefined) made.state = keywords;
        stack.push(made);
        break;
      }
      case Op.INST: {
        const module = reader.name();
        const type = this.#global(module, reader.name());
        stack.push(this.#call(type, this.#popMark(), 'new'));
        break;
      }
      case Op.OBJ: {
        const [type, ...args] = this.#popMark();
        stack.push(this.#call(type, args, 'new'));
        break;
      }
      case Op.BUILD: {
        const state = this.#pop();
        this.#build(this.#top(), state);
        break;
      }
      case Op.PERSID:
        stack.push(this.#persistent(reader.spelledId()));
        break;
      case Op.BINPERSID:
        stack.push(this.#persistent(this.#pop()));
        break;
      default: {
        const code = `0x${op.toString(16).padStart(2, '0')}`;
        reader.fail(`has the instruction ${code}, which weights have no need of; refused or damaged`);
      }
    }
  }

  #global(module: unknown, name: unknown): unknown {
    if (typeof name !== 'string' || typeof module !== 'string' || module.length + name.length > MAX_NAME_LENGTH) {
      return this.#in.fail('names a class by something that is not a name');
    }
    this.#budget.spend(COST.object + module.length + name.length);
    return this.#options.globals.find(`${module}.${name}`);
  }

  #call(callee: unknown, args: unknown, kind: CallKind): unknown {
    if (!Array.isArray(args)) return this.#in.fail('calls with arguments that are not a tuple');
    if (callee instanceof OpaqueObject) {
      // The method of a closed class: what it would return is as closed. The name does not grow with every call.
      this.#budget.spend(2 * COST.object);
      return new OpaqueObject(callee.type, [callee, args]);
    }
    if (!(callee instanceof PickleGlobal)) return this.#in.fail('calls something that is not a known function');
    return this.#options.globals.call(callee, args, kind);
  }

  #persistent(id: unknown): unknown {
    const { persistentLoad } = this.#options;
    return persistentLoad === undefined ? this.#in.fail('refers to data outside itself') : persistentLoad(id);
  }

  #build(target: unknown, state: unknown): void {
    const { globals } = this.#options;
    if (target instanceof OpaqueObject) target.state = state;
    else if (globals.hasState(target)) globals.build(target, state);
    // An OrderedDict's attributes (`_metadata`: module versions) say nothing about its items; other values have none.
    else if (!(target instanceof Map) && !(target instanceof UnreadableTensor) && !(target instanceof TensorRef)) {
      this.#in.fail('sets the state of a value that has none');
    }
  }

  #setItems(items: readonly unknown[]): void {
    if (items.length % 2 !== 0) this.#in.fail('has a key without a value');
    const target = this.#top();
    if (target instanceof OpaqueObject && !(target.items instanceof Map)) {
      this.#budget.spend(COST.collection);
      target.items = new Map();
    }
    const map = target instanceof OpaqueObject ? target.items : target;
    if (!(map instanceof Map)) this.#in.fail('sets items of something that is not a dictionary');
    this.#budget.spend((items.length / 2) * COST.entry);
    for (let i = 0; i < items.length; i += 2) map.set(this.#key(items[i]), items[i + 1]);
  }

  #append(items: readonly unknown[]): void {
    const target = this.#top();
    if (target instanceof OpaqueObject && !Array.isArray(target.items)) target.items = [];
    const list = target instanceof OpaqueObject ? target.items : target;
    if (!Array.isArray(list)) this.#in.fail('appends to something that is not a list');
    this.#budget.spend(items.length * COST.slot);
    for (const item of items) list.push(item);
  }

  #list(items: unknown[]): unknown[] {
    this.#budget.spend(COST.object + items.length * COST.slot);
    return items;
  }

  /**
   * A value as a key of a table. Numbers can be chosen so that they fall into one place of it, which takes quadratic time: each counts as
   * many steps. Big integers do so in any case, by their last digits, and are kept as texts.
   */
  #key(value: unknown): unknown {
    this.#budget.tick(TICKS_A_KEY);
    if (value instanceof LongText) return this.#in.fail('has a text as a key that is too long for one');
    return typeof value === 'bigint' ? String(value) : value;
  }

  #decimalIndex(): number {
    const index = this.#in.decimalInteger();
    // Index 1 is spelled as True is.
    const number = typeof index === 'bigint' ? -1 : Number(index);
    return number >= 0 ? number : this.#in.fail('refers to a value by something that is not an index');
  }

  #remember(index: number): void {
    // Python counts from 0 or 1; places far apart could be chosen as keys can.
    if (index > this.#memo.size + MEMO_GAP) this.#in.fail(`remembers a value in place ${index}; damaged`);
    this.#budget.spend(COST.entry);
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
