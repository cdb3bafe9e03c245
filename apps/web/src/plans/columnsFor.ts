/** Returns the number of columns, at most `most`, that leaves no row with only one card. */
export function columnsFor(cards: number, most: number): number {
  for (let columns = Math.min(cards, most); columns > 1; columns--) if (cards % columns !== 1) return columns
  return 1
}
