/** Counts results by HTTP status. */
export function statuses(results: { status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of results) counts[status] = (counts[status] ?? 0) + 1
  return counts
}
