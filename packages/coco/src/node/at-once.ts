/** Enough to keep all threads of libuv's pool and of sharp busy. */
const AT_ONCE = 16;

/**
 * Results of asynchronous work in the order of the items, several at once.
 *
 * @throws the first failure, after which nothing new is begun, and when all that was begun has ended.
 */
export async function eachAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let failure: { readonly error: unknown } | undefined;
  let next = 0;
  const take = async () => {
    while (next < items.length && failure === undefined) {
      const at = next++;
      try {
        results[at] = await work(items[at]!);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, take));
  if (failure !== undefined) throw (failure as { readonly error: unknown }).error;
  return results;
}
