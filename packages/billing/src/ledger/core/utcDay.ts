const dayMs = 24 * 3_600_000

/** Returns the UTC day that contains the time, such as `2026-11-30`. Daily totals are stored under this name. */
export const utcDay = (time: number) => new Date(time).toISOString().slice(0, 10)

/** Returns the first UTC day that starts at or after the time, and its start. */
export function firstFullDay(time: number): { day: string; start: number } {
  const start = Math.ceil(time / dayMs) * dayMs
  return { day: utcDay(start), start }
}
