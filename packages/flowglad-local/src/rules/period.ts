import type { Interval } from '../database/records.ts'

const dayMs = 24 * 60 * 60 * 1000

/**
 * The moment `count` intervals after the anchor, in UTC. Months and years keep the anchor's day where the month has it
 * and otherwise end on its last: 31 January → 28 February → 31 March. Always counted from the anchor, never from the
 * previous end, because a day lost to February would otherwise never come back.
 */
function addIntervals(anchor: number, unit: Interval, count: number): number {
  switch (unit) {
    case 'day':
      return anchor + count * dayMs
    case 'week':
      return anchor + count * 7 * dayMs
    case 'month':
      return addMonths(anchor, count)
    case 'year':
      return addMonths(anchor, count * 12)
    default:
      return unit satisfies never
  }
}

function addMonths(anchor: number, months: number): number {
  const date = new Date(anchor)
  const day = date.getUTCDate()
  date.setUTCDate(1)
  date.setUTCMonth(date.getUTCMonth() + months)
  const daysInMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
  date.setUTCDate(Math.min(day, daysInMonth))
  return date.getTime()
}

/** The first end of a billing period that lies after `start`. */
export function periodEndAfter(
  start: number,
  { anchor, unit, count }: { anchor: number; unit: Interval; count: number },
): number {
  const roughMs = addIntervals(anchor, unit, count) - anchor
  let n = Math.max(1, Math.floor((start - anchor) / roughMs) - 1)
  let end = addIntervals(anchor, unit, n * count)
  while (end <= start) end = addIntervals(anchor, unit, ++n * count)
  return end
}

/** How much of a period is over: 0 at its start, 1 at its end. */
export function elapsedFraction(at: number, start: number, end: number): number {
  if (end <= start) return 1
  return Math.min(1, Math.max(0, (at - start) / (end - start)))
}
