/**
 * Splits a text into tokens. A token is one word with the spaces around it, so the joined tokens are the text. Every model is
 * billed by this measure.
 */
export const tokensOf = (text: string): string[] => text.match(/\s*\S+\s*/g) ?? []

/** Yields the tokens of a text that arrives in arbitrary pieces. Holds back the last word until it is complete. */
export async function* wholeTokens(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of pieces) {
    const tokens = tokensOf(rest + piece)
    // The last token may continue in the next piece.
    rest = tokens.pop() ?? rest + piece
    yield* tokens
  }
  if (rest.trim()) yield rest
}

/** Yields at most `limit` tokens, then stops the source. */
export async function* atMost(limit: number, tokens: AsyncIterable<string>): AsyncGenerator<string> {
  let count = 0
  for await (const token of tokens) {
    yield token
    if (++count >= limit) return
  }
}
