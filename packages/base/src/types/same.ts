/** Without `readonly`, at any depth: a parsed value is the caller's own, an interface promises not to change it. */
type Writable<T> = T extends (...args: never) => unknown
  ? T
  : T extends object
    ? { -readonly [K in keyof T]: Writable<T[K]> }
    : T;

/** Identity tells `any` and `unknown` from the rest, assignability a key that is left out from one that is undefined. */
type Identical<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? Assignable<A, B> : false;
type Assignable<A, B> = [A, B] extends [B, A] ? true : false;

/** Whether two types say the same but for `readonly`: the same keys, optional in both or in neither, with the same values. */
export type Same<A, B> = Identical<Writable<A>, Writable<B>>;
