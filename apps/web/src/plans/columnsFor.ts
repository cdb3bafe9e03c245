/** Returns how many columns show the cards so that no row has only one card. At most `most`. */
export function columnsFor(cards: number, most: number): number {
  for (let columns = Math.min(cards, most); columns > 1; columns--) if (cards % columns !== 1) return columns
  return 1
}
