import { createRandom } from './art/random.ts'

/** What the slots of the sentences below are filled with; `{subject}` is the prompt's. */
const vocabulary: Record<string, readonly [string, ...string[]]> = {
  time: [
    'before the first light',
    'late in the afternoon',
    'an hour after the rain',
    'on the shortest day of the year',
    'somewhere past midnight',
    'in the slow middle of summer',
  ],
  place: [
    'by a window that faces the water',
    'at the end of a long table',
    'on a bench nobody else wanted',
    'in a room with one good lamp',
    'under a roof the wind knows by heart',
    'halfway up the hill',
  ],
  detail: [
    'the smell of wet stone',
    'a cup gone cold',
    'two birds disagreeing about a branch',
    'a door left open on purpose',
    'the small sound of paper',
    'light moving across a wall like somebody reading',
    'a coat over the back of a chair',
  ],
  feeling: [
    'patience',
    'a quiet kind of courage',
    'relief',
    'something close to homesickness',
    'the wish to begin again',
    'plain curiosity',
  ],
}

const openings = [
  'It begins {time}, {place}, with {subject}.',
  'Everyone remembers {subject} differently, and all of them are right.',
  'There is a way of looking at {subject} that takes a whole morning to learn.',
] as const
const middles = [
  'You notice {detail} first, and only then the rest.',
  'What stays is not the size of it but {detail}.',
  'Somebody once said that {subject} is mostly {feeling}, and nobody in the room laughed.',
  'It asks very little: {detail}, a chair, and {feeling}.',
  '{Time} the colours are honest, and there is no hurry in any of them.',
  'I wrote it down {place}, because things like this do not wait for a better pen.',
  'The first attempt was too loud; the second had {detail} in it, and suddenly it was true.',
  'If you stand still long enough, {subject} turns towards you.',
  'There were smaller things as well: {detail}, {detail}, and the long breath between them.',
  'None of this can be kept, which is a good reason to describe it carefully.',
  'A child would call it by a simpler name, and the name would fit.',
  'Ask the people who live {place}; they will shrug, and then they will talk for an hour.',
] as const
const endings = [
  'That is all {subject} ever wanted: to be looked at with {feeling}.',
  'And when it was over, {detail} was still there, as if it had been waiting to be seen.',
  'So leave the lamp on; {subject} may come back {time}.',
] as const

/** A short piece about the prompt, sentence by sentence: three to six paragraphs, the same for the same prompt. */
export function* compose(prompt: string): Generator<string> {
  const random = createRandom(`text of ${prompt.toLowerCase()}`)
  const subject = subjectOf(prompt)
  let last = ''
  const fill = (sentence: string) =>
    sentence.replace(/\{(\w+)\}/g, (_, slot: string) => {
      if (slot === 'subject') return subject
      const [first, ...others] = vocabulary[slot.toLowerCase()] ?? ['']
      // Nothing is said twice in a row.
      const fresh = others.filter((word) => word !== last)
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
      // Each turn of phrase once before any comes again.
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

/** What the prompt is about, as words that fit into a sentence: without the asking around it. */
function subjectOf(prompt: string): string {
  const asked = /^(?:please\s+)?(?:write|tell|give|make|compose|describe)\b(?:\s+(?:me|us))?\s*/i
  const form =
    /^(?:an?|the|some)?\s*(?:short|long|little|brief|small)?\s*(?:story|poem|letter|text|essay|haiku|note|piece|paragraph|description|song)\s+(?:about|on|of|for)\s+/i
  const subject = prompt
    .replace(/\s+/g, ' ')
    .trim()
    .replace(asked, '')
    .replace(form, '')
    .replace(/[.!?…\s]+$/, '')
  const short = subject.split(' ').slice(0, 14).join(' ')
  if (!short) return 'this'
  // Only a word that is no name may lose its capital in the middle of a sentence.
  return short.replace(
    /^(?:An?|The|My|Our|Your|His|Her|Their|Some|One|Two|Three|How|Why|What|When|Where)\b/,
    (word) => word.toLowerCase(),
  )
}
