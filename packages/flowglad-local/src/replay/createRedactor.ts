import { mapStrings } from './mapStrings.ts'

const secret = /\b(sk|pk|rk|whsec)_[\w+/=-]{8,}/g

// In a path, the @ of an email address, some punctuation and every non-ASCII character are percent-encoded.
const foreign = '[^\\0-\\x7f]|%[89A-F][\\dA-F]'
const localPart = `(?:[\\w.+!#$*^\`{|}~'-]|${foreign}|%(?:2[1347AB]|5E|60|7[BCD]))+`
const label = `(?:[\\w-]|${foreign})+`
// An address can start before or after an encoded character, but not inside it.
const start = '(?<!%(?=[\\dA-F]{2})|%[\\dA-F](?=[\\dA-F]))'
const email = new RegExp(`${start}${localPart}(@|%40)${label}(?:\\.${label})*`, 'giu')

/**
 * Returns a function that removes keys and email addresses from a value and from the names of its fields. The
 * function always replaces the same address with the same text, so that a replay still matches customers.
 * @param keys keys to remove regardless of their format
 */
export function createRedactor(keys: ReadonlySet<string>): (value: unknown) => unknown {
  const people = new Map<string, number>()
  const replaceEmail = (address: string, at: string) => {
    const key = decode(address).toLowerCase()
    if (!people.has(key)) people.set(key, people.size + 1)
    return `person${people.get(key)}${at}example.com`
  }
  const redact = (text: string) =>
    [...keys]
      .reduce((sofar, key) => sofar.replaceAll(key, 'sk_removed'), text)
      .replace(secret, '$1_removed')
      .replace(email, replaceEmail)
  return (value) => mapStrings(value, redact, redact)
}

/** Decodes a part of a URL. Returns the text unchanged if its encoding is invalid. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
