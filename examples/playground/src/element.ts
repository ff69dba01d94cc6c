/** An element of the page by its id. @throws where the page lacks it, or it is of another kind. */
export function element<T extends Element>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new Error(`internal: no ${kind.name} #${id}`);
}
