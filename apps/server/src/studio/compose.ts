import { createRandom } from './art/random.ts'

/** The phrases for the slots in the sentences below. `{subject}` comes from the prompt. */
const vocabulary: Record<string, readonly [string, ...string[]]> = {
  time: [
    'before sunrise',
    'late in the afternoon',
    'an hour after the rain',
    'on the shortest day of the year',
    'shortly after midnight',
    'in the middle of summer',
  ],
  place: [
    'by a window that faces the water',
    'at the end of a long table',
    'on a bench in the park',
    'in a room with one good lamp',
    'under a tin roof',
    'halfway up the hill',
  ],
  detail: [
    'the smell of wet stone',
    'a cup of cold tea',
    'two birds on one branch',
    'an open door',
    'the sound of turning pages',
    'a patch of light on the wall',
    'a coat over the back of a chair',
  ],
  feeling: [
    'patience',
    'quiet courage',
    'relief',
    'a little homesickness',
    'the wish to start again',
    'plain curiosity',
  ],
}

const openings = [
  'It starts {time}, {place}, with {subject}.',
  'Everyone remembers {subject} differently, and everyone is right.',
  'It takes a whole morning to learn how to look at {subject}.',
] as const
const middles = [
  'You notice {detail} first, and then the rest.',
  'Years later you remember {detail}.',
  'A teacher once said that {subject} is mostly {feeling}, and the class did not laugh.',
  'You need very little for it: {detail}, a chair, and {feeling}.',
  '{Time} the colors are clear, and there is no hurry.',
  'I wrote it down {place}, before I could forget it.',
  'The first attempt was too loud; the second had {detail} in it, and it worked.',
  'If you stand still long enough, you see {subject} more clearly.',
  'There were smaller things as well: {detail}, {detail}, and a long silence between them.',
  'You cannot keep any of this, so it is worth describing carefully.',
  'A child would give it a simpler name, and the name would fit.',
  'Ask the people who live {place}; they will shrug, and then they will talk for an hour.',
] as const
const endings = [
  'So look at {subject} once more, with {feeling}.',
  'When it was over, {detail} was still there.',
  'Leave the lamp on; {subject} may come back {time}.',
] as const

/**
 * Yields a text of three to six paragraphs about the prompt, sentence by sentence. A prompt always gives the
 * same text.
 */
export function* compose(prompt: string): Generator<string> {
  const random = createRandom(`text of ${prompt.toLowerCase()}`)
  const subject = subjectOf(prompt)
  let last = ''
  const fill = (sentence: string) =>
    sentence.replace(/\{(\w+)\}/g, (_, slot: string) => {
      if (slot === 'subject') return subject
      const [first, ...others] = vocabulary[slot.toLowerCase()] ?? ['']
      // Never use the same phrase twice in a row.
      const fresh = others.filter((phrase) => phrase !== last)
      last =
        first === last ? random.pick([fresh[0] ?? first, ...fresh.slice(1)]) : random.pick([first, ...fresh])
      return slot === 'Time' ? last.charAt(0).toUpperCase() + last.slice(1) : last
    })
  let left: string[] = [...middles]
  const paragraphs = 3 + random.whole(4)
  for (let paragraph = 0; paragraph < paragraphs; paragraph++) {
    const sentences: string[] = []
    if (paragraph === 0) sentences.push(fill(random.pick(openings)))
    for (let n = 2 + random.whole(3); n > 0; n--) {
      // Use every sentence once before repeating any.
      if (left.length === 0) left = [...middles]
      const [middle] = left.splice(random.whole(left.length), 1)
      if (middle) sentences.push(fill(middle))
    }
    if (paragraph === paragraphs - 1) sentences.push(fill(random.pick(endings)))
    for (const [n, sentence] of sentences.entries()) {
      const ending = n === sentences.length - 1
      yield sentence + (ending ? (paragraph === paragraphs - 1 ? '' : '\n\n') : ' ')
    }
  }
}

/**
 * Returns the prompt's subject as a phrase that fits into a sentence. Removes words such as "write a story
 * about".
 */
function subjectOf(prompt: string): string {
  const request = /^(?:please\s+)?(?:write|tell|give|make|compose|describe)\b(?:\s+(?:me|us))?\s*/i
  const form =
    /^(?:an?|the|some)?\s*(?:short|long|little|brief|small)?\s*(?:story|poem|letter|text|essay|haiku|note|piece|paragraph|description|song)\s+(?:about|on|of|for)\s+/i
  const subject = withoutFinalMarks(prompt.replace(/\s+/g, ' ').trim().replace(request, '').replace(form, ''))
  const short = subject.split(' ').slice(0, 14).join(' ')
  if (!short) return 'this'
  // Lowercase only common first words, because names keep their capital letter within a sentence.
  return short.replace(
    /^(?:An?|The|My|Our|Your|His|Her|Their|Some|One|Two|Three|How|Why|What|When|Where)\b/,
    (word) => word.toLowerCase(),
  )
}

/** Removes trailing punctuation and spaces. A regular expression would need quadratic time. */
function withoutFinalMarks(text: string): string {
  let end = text.length
  while ('.!?… '.includes(text.charAt(end - 1)) && end > 0) end--
  return text.slice(0, end)
}
