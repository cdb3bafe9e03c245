/** Returns a percentile of the sorted numbers. `share` is a fraction, such as 0.99. */
export const percentile = (sorted: ArrayLike<number>, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export const median = (numbers: number[]): number =>
  percentile(
    numbers.toSorted((a, b) => a - b),
    0.5,
  )

export const sum = (numbers: number[]): number => numbers.reduce((total, it) => total + it, 0)
