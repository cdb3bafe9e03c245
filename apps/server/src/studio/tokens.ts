/**
 * A token of the meter `tokens` is one word: a run of letters and signs without a space in it, together with the spaces that follow.
 * A stream of tokens joined is the text, and every model is billed by the same measure.
 */
export const tokensOf = (text: string): string[] => text.match(/\s*\S+\s*/g) ?? []

/** The words of a text that arrives in pieces cut anywhere; a word is passed on once it is known to be whole. */
export async function* wholeTokens(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = ''
  for await (const piece of pieces) {
    const tokens = tokensOf(rest + piece)
    // The last one may go on in the next piece.
    rest = tokens.pop() ?? rest + piece
    yield* tokens
  }
  if (rest.trim()) yield rest
}

export async function* atMost(limit: number, tokens: AsyncIterable<string>): AsyncGenerator<string> {
  let count = 0
  for await (const token of tokens) {
    yield token
    if (++count >= limit) return
  }
}
