const context = 3

type Line = { kind: ' ' | '-' | '+'; text: string }

/** Returns a file's changes as a unified diff. `before` is null for a new file. */
export function unifiedDiff(path: string, before: string | null, after: string): string {
  const lines = compare(before === null ? [] : linesOf(before), linesOf(after))
  const changed = lines.flatMap(({ kind }, index) => (kind === ' ' ? [] : [index]))
  const header = `--- ${before === null ? '/dev/null' : `a/${path}`}\n+++ b/${path}\n`
  return (
    header +
    hunksOf(changed, lines.length)
      .map(([from, to]) => hunk(lines, from, to))
      .join('')
  )
}

const linesOf = (text: string) => text.replace(/\n$/, '').split('\n')

/** Returns the line ranges of the hunks. Ranges that touch form one hunk. */
function hunksOf(changed: number[], length: number): [number, number][] {
  const hunks: [number, number][] = []
  for (const index of changed) {
    const from = Math.max(0, index - context)
    const to = Math.min(length, index + context + 1)
    const last = hunks.at(-1)
    if (last && from <= last[1]) last[1] = to
    else hunks.push([from, to])
  }
  return hunks
}

function hunk(lines: Line[], from: number, to: number): string {
  const before = lines.slice(0, from)
  const shown = lines.slice(from, to)
  const position = (omitted: Line['kind']) => {
    const count = shown.filter(({ kind }) => kind !== omitted).length
    const start = before.filter(({ kind }) => kind !== omitted).length
    return `${count === 0 ? start : start + 1},${count}`
  }
  const body = shown.map(({ kind, text }) => `${kind}${text}\n`).join('')
  return `@@ -${position('+')} +${position('-')} @@\n${body}`
}

/** Compares two lists of lines by their longest common subsequence. */
function compare(before: string[], after: string[]): Line[] {
  // lengths[i][j] is the length of the longest common subsequence of before[i…] and after[j…].
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = before.length - 1; i >= 0; i--) {
    const row = lengths[i] ?? []
    for (let j = after.length - 1; j >= 0; j--)
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    const [old, next] = [before[i], after[j]]
    if (old !== undefined && old === next) {
      lines.push({ kind: ' ', text: old })
      i++
      j++
    } else if (old !== undefined && (next === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: '-', text: old })
      i++
    } else if (next !== undefined) {
      lines.push({ kind: '+', text: next })
      j++
    }
  }
  return lines
}
