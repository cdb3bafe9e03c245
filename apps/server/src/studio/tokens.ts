/**
 * A longer word or a longer run of whitespace is split into several tokens. Some scripts have no spaces
 * between words.
 */
const maxLength = 20

/**
 * Splits a text into tokens while it arrives in arbitrary pieces. A token is one word with the whitespace
 * around it, up to 20 characters. Joining the tokens restores the text. The tokens don't depend on where the
 * text is split into pieces. The customer is charged for these tokens, unless the model provider reports its
 * own count. Each character is examined once, so the time grows linearly with the text.
 */
class Tokenizer {
  #token = ''
  #length = 0
  #hasWord = false
  #endsInSpace = false
  /** The first half of a character that the next piece completes. */
  #half = '';

  /**
   * Yields the tokens that the piece completes. Splits the piece only as far as the caller reads the tokens.
   */
  *push(piece: string): Generator<string> {
    const text = this.#half + piece
    const whole = endsInHalf(text) ? text.length - 1 : text.length
    this.#half = text.slice(whole)
    yield* this.#split(text.slice(0, whole))
  }

  /** Yields the last tokens. Call this method at the end of the text. */
  *end(): Generator<string> {
    yield* this.#split(this.#half)
    this.#half = ''
    if (this.#token !== '') yield this.#cut()
  }

  *#split(text: string): Generator<string> {
    for (const character of text) {
      const isSpace = /\s/.test(character)
      const startsNextWord = this.#hasWord && this.#endsInSpace && !isSpace
      if (startsNextWord || this.#length === maxLength) yield this.#cut()
      this.#token += character
      this.#length++
      this.#hasWord ||= !isSpace
      this.#endsInSpace = isSpace
    }
  }

  /** Returns the current token and starts the next one. */
  #cut(): string {
    const token = this.#token
    this.#token = ''
    this.#length = 0
    this.#hasWord = false
    return token
  }
}

/** Returns whether the text ends in the first half of a UTF-16 surrogate pair. */
function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  return last >= 0xd800 && last <= 0xdbff
}

export function tokensOf(text: string): string[] {
  const tokenizer = new Tokenizer()
  return [...tokenizer.push(text), ...tokenizer.end()]
}

/** Yields a text's tokens while the text arrives. Yields the last token only when it is complete. */
export async function* wholeTokens(pieces: AsyncIterable<string>): AsyncGenerator<string> {
  const tokenizer = new Tokenizer()
  for await (const piece of pieces) yield* tokenizer.push(piece)
  yield* tokenizer.end()
}

/** Yields at most `limit` tokens, then stops the source. */
export async function* atMost(limit: number, tokens: AsyncIterable<string>): AsyncGenerator<string> {
  let count = 0
  for await (const token of tokens) {
    yield token
    if (++count >= limit) return
  }
}
