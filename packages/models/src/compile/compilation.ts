import { DisposedError } from '@icconv/base';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type { CompiledConv } from './compiled-conv';

/** What can be freed. */
export interface Disposable {
  dispose(): void;
}

/** What a compiled network owns, by name; all of it is freed together, also when compiling fails half-way. */
export class Compilation {
  readonly #convs = new Map<string, CompiledConv>();
  readonly #tensors = new Map<string, Tensor>();
  readonly #made = new Map<string, Disposable>();
  readonly #op: string;
  #disposed = false;

  /** @param op - name for errors of use after `dispose`. */
  constructor(op: string) {
    this.#op = op;
  }

  /** Runs the making; frees what is there if it fails. */
  build<T>(make: () => T): T {
    try {
      return make();
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  add(name: string, conv: CompiledConv): void {
    this.#convs.set(name, conv);
  }

  copy(tensor: Tensor, name: string): void {
    this.#tensors.set(name, tf.keep(tf.clone(tensor)));
  }

  conv(name: string): CompiledConv {
    return this.#convs.get(name)!;
  }

  tensor<T extends Tensor>(name: string): T {
    return this.#tensors.get(name) as T;
  }

  /** Something of a name that the first call makes. */
  once<T extends Disposable>(name: string, make: () => T): T {
    const made = this.#made.get(name) ?? make();
    this.#made.set(name, made);
    return made as T;
  }

  /** @throws {@link DisposedError} */
  check(): void {
    if (this.#disposed) throw new DisposedError(this.#op, 'the compiled network', 'compile it again');
  }

  dispose(): void {
    this.#disposed = true;
    for (const made of this.#made.values()) made.dispose();
    for (const { filter, bias } of this.#convs.values()) tf.dispose([filter.tensor, bias]);
    tf.dispose([...this.#tensors.values()]);
    this.#made.clear();
    this.#convs.clear();
    this.#tensors.clear();
  }
}
