export type Interval = 'day' | 'week' | 'month' | 'year'

const dayMs = 24 * 60 * 60 * 1000

/**
 * When a billing period ends that begins at `start`, in UTC. Months and years end on the anchor's day where the month
 * has it and otherwise on its last: 31 January → 28 February → 31 March. The day is always the anchor's, never the
 * previous end's, because a day lost to February would otherwise never come back.
 */
export function periodEndAfter(
  start: number,
  { anchor, unit, count }: { anchor: number; unit: Interval; count: number },
): number {
  switch (unit) {
    case 'day':
      return start + count * dayMs
    case 'week':
      return start + count * 7 * dayMs
    case 'month':
      return addMonths(start, count, anchor)
    case 'year':
      return addMonths(start, count * 12, anchor)
    default:
      return unit satisfies never
  }
}

function addMonths(start: number, months: number, anchor: number): number {
  const date = new Date(start)
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(new Date(anchor).getUTCDate(), daysInMonth))
  return date.getTime()
}

/** How much of a period is over: 0 at its start, 1 at its end. */
export function elapsedFraction(at: number, start: number, end: number): number {
  if (end <= start) return 1
  return Math.min(1, Math.max(0, (at - start) / (end - start)))
}
