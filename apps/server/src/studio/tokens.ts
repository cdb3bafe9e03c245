/**
 * The maximum length of a token in characters. Longer words and longer runs of whitespace are split into
 * several tokens, because some scripts have no spaces between words.
 */
const maxLength = 20

/**
 * Splits a text into tokens while the text arrives in pieces. A token is one word and the whitespace after it,
 * up to 20 characters. Whitespace at the start of the text belongs to the first token. Joining the tokens
 * restores the text. How the text is divided into pieces doesn't affect the tokens. The customer is charged for
 * these tokens unless the model provider reports its own count. The work is linear in the length of the text.
 */
class Tokenizer {
  #token = ''
  #length = 0
  #hasWord = false
  #endsInSpace = false
  /** The first half of a character that the next piece completes. */
  #half = '';

  /** Yields the tokens that the piece completes. Splits the piece only as far as the caller reads. */
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

  /** Ends and returns the current token. */
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

/** Yields a text's tokens, each as soon as it is complete. */
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
