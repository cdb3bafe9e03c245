/** Returns the UTC day that contains the time, such as `2026-11-30`. Daily totals are stored under this name. */
export const utcDay = (time: number) => new Date(time).toISOString().slice(0, 10)
