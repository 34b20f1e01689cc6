// Walks over a directed graph given as node -> its targets.

export type Graph = ReadonlyMap<string, readonly string[]>

/** Everything that can be reached from the starting nodes, themselves included. */
export function reach(graph: Graph, starts: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>()
  const open = [...starts]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue
    seen.add(node)
    open.push(...(graph.get(node) ?? []))
  }
  return seen
}

/** One shortest circle for each group of nodes that lie on circles together. */
export function findCircles(graph: Graph): readonly (readonly string[])[] {
  const circles: string[][] = []
  const told = new Set<string>()
  for (const node of graph.keys()) {
    if (told.has(node)) continue
    const circle = shortestCircle(graph, node)
    if (circle === undefined) continue
    circles.push(circle)
    for (const member of reach(graph, [node])) {
      if (reach(graph, [member]).has(node)) told.add(member)
    }
  }
  return circles
}

/** Breadth first from the node back to itself. */
function shortestCircle(graph: Graph, start: string): string[] | undefined {
  const cameFrom = new Map<string, string>()
  const open = [start]
  for (const node of open) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) return pathTo(node, cameFrom)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, node)
      open.push(next)
    }
  }
  return undefined
}

function pathTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const path = [end]
  for (let node = cameFrom.get(end); node !== undefined; node = cameFrom.get(node)) {
    path.unshift(node)
  }
  return path
}
