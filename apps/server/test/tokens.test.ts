import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { atMost, tokensOf, wholeTokens } from '../src/studio/tokens.ts'
import { all, of } from './asyncLists.ts'

describe('tokens', () => {
  test('splits a text into words that restore the text when joined', async () => {
    const text = '  Two words,\n\nthen  three more – done. '
    expect(tokensOf(text).join('')).toBe(text)
    expect(tokensOf(text).map((token) => token.trim())).toEqual([
      'Two',
      'words,',
      'then',
      'three',
      'more',
      '–',
      'done.',
    ])
    expect(tokensOf('')).toEqual([])
  })

  test('returns the same tokens regardless of how a stream splits the text', async () => {
    const text = 'A stream may cut words anywhere, even here.'
    for (const length of [1, 2, 3, 7, 100]) {
      const pieces = text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []
      expect(await all(wholeTokens(of(...pieces)))).toEqual(tokensOf(text))
    }
  })

  test.each([
    [
      'without spaces',
      '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。𠮷野家で何か食べた。',
    ],
    ['with long runs of whitespace', `a${' '.repeat(50)}b${'\n'.repeat(45)}c  `],
    ['of whitespace', ' \n'.repeat(500)],
  ])('limits tokens to 20 characters, regardless of how a text %s is split', async (_, text) => {
    expect(tokensOf(text).join('')).toBe(text)
    for (const token of tokensOf(text)) expect([...token].length).toBeLessThanOrEqual(20)
    for (const length of [1, 3, 20, 21]) {
      const pieces = text.match(new RegExp(`.{1,${length}}`, 'gsu')) ?? []
      expect(await all(wholeTokens(of(...pieces)))).toEqual(tokensOf(text))
    }
  })

  test('ends the text and closes the source at the limit', async () => {
    let stopped = false
    async function* endless() {
      try {
        for (;;) yield 'more '
      } finally {
        stopped = true
      }
    }
    expect(await all(atMost(3, endless()))).toEqual(['more ', 'more ', 'more '])
    expect(stopped).toBe(true)
  })

  test('makes each token the longest prefix with at most one word and 20 characters', async () => {
    const unit = fc.constantFrom(' ', ...'a.猫', ...'𠮷'.repeat(9), '\n', '\ud842', '\udfb7')
    const text = fc.string({ unit, minLength: 10, maxLength: 80 })
    const cuts = fc.array(fc.nat(80), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(text, cuts, async (text, cuts) => {
        expect(await all(wholeTokens(of(...splitAt(text, cuts))))).toEqual(definedTokens(text))
        expect(tokensOf(text)).toEqual(definedTokens(text))
      }),
      { numRuns: 1_000 },
    )
  })

  test.each([
    ['newlines', '\n'],
    ['spaces', ' '],
    ['one word without spaces', 'a'],
    ['short words', 'a '],
  ])(
    'splits 1 MiB of %s in linear time, in one piece and in pieces of 16 characters',
    async (_, unit) => {
      const text = unit.repeat(mebibyte / unit.length)
      const tokens = tokensOf(text)
      expect(tokens.join('')).toBe(text)
      expect(await all(wholeTokens(shortPieces(text)))).toEqual(tokens)
    },
    linearTimeMs,
  )
})

async function* shortPieces(text: string) {
  for (let at = 0; at < text.length; at += 16) yield text.slice(at, at + 16)
}

const mebibyte = 1024 * 1024
/** Linear work takes less than a second. Quadratic work takes minutes. */
const linearTimeMs = 30_000

/** Splits a text at the given positions, even in the middle of a surrogate pair. */
function splitAt(text: string, cuts: number[]): string[] {
  const positions = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length]
  return positions.slice(1).map((end, index) => text.slice(positions[index], end))
}

/** Splits a short text by the definition of a token. */
function definedTokens(text: string): string[] {
  const tokens: string[] = []
  for (let rest = text; rest !== ''; ) {
    const [longest = ''] = /^\s*\S*\s*/.exec(rest) ?? []
    const token = [...longest].slice(0, 20).join('')
    tokens.push(token)
    rest = rest.slice(token.length)
  }
  return tokens
}
