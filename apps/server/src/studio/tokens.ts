/**
 * Splits a text into tokens. A token is one word with the whitespace around it, so joining the tokens
 * restores the text. Every model's output is charged in these tokens. A word of more than 20 characters is
 * several tokens, because some scripts, such as Japanese and Chinese, have no spaces between words.
 */
export const tokensOf = (text: string): string[] => text.match(/\s*\S{1,20}\s*/gu) ?? []

/**
 * Yields a text's tokens while the text arrives in arbitrary pieces. Yields the last word only when it is
 * complete.
 */
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
