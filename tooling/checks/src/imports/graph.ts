/** Directed graphs of names, and the circles in them. */
export class Graph {
  readonly #targets = new Map<string, Set<string>>();

  add(from: string, to: string): void {
    if (!this.#targets.has(from)) this.#targets.set(from, new Set());
    this.#targets.get(from)!.add(to);
  }

  /** The circles: sets of nodes that all reach one another (strongly connected components of two or more, Tarjan 1972). */
  circles(): string[][] {
    const order = new Map<string, number>();
    const lowest = new Map<string, number>();
    const stack: string[] = [];
    const open = new Set<string>();
    const circles: string[][] = [];
    const visit = (node: string): void => {
      const number = order.size;
      order.set(node, number);
      lowest.set(node, number);
      stack.push(node);
      open.add(node);
      for (const target of this.#targets.get(node) ?? []) {
        if (!order.has(target)) visit(target);
        if (open.has(target)) lowest.set(node, Math.min(lowest.get(node)!, lowest.get(target)!));
      }
      if (lowest.get(node) !== number) return;
      const circle = stack.splice(stack.indexOf(node));
      for (const member of circle) open.delete(member);
      if (circle.length > 1) circles.push(circle.sort());
    };
    for (const node of this.#targets.keys()) if (!order.has(node)) visit(node);
    return circles;
  }
}
