/** Enough to keep all threads of libuv's pool and of sharp busy. */
const AT_ONCE = 16;

/** Results of asynchronous work in the order of the items, several at once. @throws the first failure, after which nothing new is begun. */
export async function eachAtOnce<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  let next = 0;
  const take = async () => {
    try {
      while (next < items.length) {
        const at = next++;
        results[at] = await work(items[at]!);
      }
    } catch (error) {
      next = items.length;
      throw error;
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, take));
  return results;
}
