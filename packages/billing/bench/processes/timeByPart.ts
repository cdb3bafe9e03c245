import type { Profiler } from 'node:inspector'

/** The frames in which the thread waits. */
const idle = ['(idle)', '(root)']

/**
 * Adds up the time of a CPU profile's samples by part: the package that ran, Node, or the garbage collector. The time
 * is in microseconds.
 */
export function timeByPart({
  nodes,
  samples = [],
  timeDeltas = [],
}: Pick<Profiler.Profile, 'nodes' | 'samples' | 'timeDeltas'>): Record<string, number> {
  const callers = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node])))
  const parts = new Map(nodes.map((node) => [node.id, partOf(node, callers.get(node.id))]))
  const times: Record<string, number> = {}
  for (const [index, id] of samples.entries()) {
    const part = parts.get(id)
    if (part) times[part] = (times[part] ?? 0) + (timeDeltas[index] ?? 0)
  }
  return times
}

/** Returns null for a frame in which the thread waits. */
function partOf(
  { callFrame: { functionName, url } }: Profiler.ProfileNode,
  caller: Profiler.ProfileNode | undefined,
): string | null {
  if (idle.includes(functionName)) return null
  if (functionName === '(garbage collector)') return 'garbage collector'
  // libsql's native functions have no URL. The JavaScript function that calls them shows what they do.
  if (functionName.startsWith('libsql') && url === '' && caller) return partOf(caller, undefined)
  // Other native functions belong to Node, such as those that write to a socket.
  if (url === '' || url.startsWith('node:')) return 'Node'
  const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/.][^/]*)\//.exec(url) ?? []
  if (name === undefined) return '@metered/billing'
  if (name !== 'libsql') return name
  return functionName === 'exec' ? 'libsql: BEGIN and COMMIT' : 'libsql: other statements'
}
