export type Interval = 'day' | 'week' | 'month' | 'year'

const dayMs = 24 * 60 * 60 * 1000

/**
 * Returns the end, in UTC, of a billing period that starts at `start`. Monthly and yearly periods end on the
 * anchor's day of the month, or on the last day if the month is shorter: 31 January → 28 February → 31 March.
 * Without the anchor, every later period would also end on the 28th.
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

/** Returns the fraction of a period that has passed, from 0 to 1. */
export function elapsedFraction(at: number, start: number, end: number): number {
  if (end <= start) return 1
  return Math.min(1, Math.max(0, (at - start) / (end - start)))
}
