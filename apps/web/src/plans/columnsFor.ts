/** Returns the largest number of columns, up to `most`, that leaves no card alone in a row. */
export function columnsFor(cards: number, most: number): number {
  for (let columns = Math.min(cards, most); columns > 1; columns--) if (cards % columns !== 1) return columns
  return 1
}
