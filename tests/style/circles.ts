/** Finds cycles in a graph, by Tarjan's search for strongly connected components. */

interface Search {
  readonly graph: ReadonlyMap<string, readonly string[]>;
  readonly order: Map<string, number>;
  /** Earliest node on the path that a node leads back to. */
  readonly low: Map<string, number>;
  readonly path: string[];
  readonly found: string[][];
}

/** Returns every set of nodes that lead to each other, sorted; a node that names itself is one. */
export function findCircles(graph: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const search: Search = { graph, order: new Map(), low: new Map(), path: [], found: [] };
  for (const node of graph.keys()) if (!search.order.has(node)) visit(search, node);
  return search.found;
}

function visit(search: Search, node: string): void {
  const { graph, order, low, path } = search;
  const number = order.size;
  order.set(node, number);
  low.set(node, number);
  path.push(node);
  for (const next of graph.get(node) ?? []) {
    if (!order.has(next)) visit(search, next);
    if (path.includes(next)) low.set(node, Math.min(low.get(node)!, low.get(next)!));
  }
  if (low.get(node) !== number) return;
  const members = path.splice(path.indexOf(node));
  if (members.length > 1 || graph.get(node)?.includes(node)) search.found.push(members.sort());
}
