/**
 * Returns the name that is most similar to a misspelled name, or null if none is similar enough. More than
 * half of the longer name's letters must match, or one name must contain the other.
 */
export function nearestName(typed: string, names: Iterable<string>): string | null {
  let nearest: string | null = null
  let fewest = Number.POSITIVE_INFINITY
  for (const name of names) {
    const [a, b] = [typed.toLowerCase(), name.toLowerCase()]
    const isPart = Math.min(a.length, b.length) > 3 && (a.includes(b) || b.includes(a))
    const edits = isPart ? 1 : countEdits(a, b)
    if (edits >= fewest || edits * 2 >= Math.max(a.length, b.length)) continue
    fewest = edits
    nearest = name
  }
  return nearest
}

/** Returns how many letters must be added, removed, replaced or swapped to turn one word into the other. */
function countEdits(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i)
  for (let i = 0; i < from.length; i++) {
    const row = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const isSwapped = from[i] === to[j - 1] && from[i - 1] === to[j]
      row.push(
        Math.min(
          (previous[j + 1] ?? 0) + 1,
          (row[j] ?? 0) + 1,
          (previous[j] ?? 0) + (from[i] === to[j] ? 0 : 1),
          i > 0 && j > 0 && isSwapped ? (beforePrevious[j - 1] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      )
    }
    beforePrevious = previous
    previous = row
  }
  return previous.at(-1) ?? 0
}
