import { isInGlossary } from './lookUp.ts'

/**
 * The kinds of usage on each meter. They are the values of the dimension `kind`. The web app names them for customers.
 */
export interface Kinds {
  generations: 'standard' | 'hd'
  /** The range of `maxTokens`. The web app offers the upper ends of the ranges. */
  tokens: 'up_to_100' | 'up_to_300' | 'up_to_600' | 'above_600'
  api_calls: 'in_glossary' | 'not_in_glossary'
}

export const pictureKind = (input: { hd: boolean }): Kinds['generations'] => (input.hd ? 'hd' : 'standard')

export function textKind({ maxTokens }: { maxTokens: number }): Kinds['tokens'] {
  if (maxTokens <= 100) return 'up_to_100'
  if (maxTokens <= 300) return 'up_to_300'
  return maxTokens <= 600 ? 'up_to_600' : 'above_600'
}

export const lookUpKind = (input: { term: string }): Kinds['api_calls'] =>
  isInGlossary(input.term) ? 'in_glossary' : 'not_in_glossary'
