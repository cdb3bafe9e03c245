import { mapStrings } from './mapStrings.ts'

const secret = /\b(sk|pk|rk|whsec)_[\w+/=-]{8,}/g
// In a path, the @ of an e-mail address is encoded.
const email = /[\w.+-]+(@|%40)[\w-]+(?:\.[\w-]+)+/gi

/**
 * Returns a function that removes keys and e-mail addresses from a value. The same address always gets the same
 * replacement, so that a replay still matches customers.
 */
export function createRedactor(): (value: unknown) => unknown {
  const people = new Map<string, number>()
  const replaceEmail = (address: string, at: string) => {
    const key = address.toLowerCase().replace('%40', '@')
    if (!people.has(key)) people.set(key, people.size + 1)
    return `person${people.get(key)}${at}example.com`
  }
  return (value) =>
    mapStrings(value, (text) => text.replace(secret, '$1_removed').replace(email, replaceEmail))
}
