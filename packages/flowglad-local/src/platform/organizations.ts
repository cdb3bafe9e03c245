import type { Conditions } from './conditions.ts'
import type { Platform } from './Platform.ts'

/**
 * An API key with its own organization, pricing model and database. No key can reach another key's records,
 * because they are in another database.
 */
export interface Organization {
  key: string
  platform: Platform
  conditions: Conditions
}

/**
 * The organizations by API key. The first organization belongs to the first key that the server started with.
 */
export type Organizations = ReadonlyMap<string, Organization>

export function firstOf(organizations: Organizations): Organization {
  for (const organization of organizations.values()) return organization
  throw new Error('The server has no API key')
}

/** Returns the organization of a pricing model or, if no organization has this model, the first one. */
export const ofModel = (organizations: Organizations, pricingModelId: string | undefined): Organization =>
  [...organizations.values()].find(({ platform }) => platform.pricingModelId === pricingModelId) ??
  firstOf(organizations)

/** Looks up a record in every organization. IDs are unique across organizations. */
export function findIn<O extends Organization, R>(
  organizations: ReadonlyMap<string, O>,
  find: (db: Platform['db']) => R | undefined,
): { organization: O; platform: Platform; record: R } | undefined {
  for (const organization of organizations.values()) {
    const { platform } = organization
    const record = find(platform.db)
    if (record !== undefined) return { organization, platform, record }
  }
  return undefined
}

/**
 * Returns the end of a key, long enough to distinguish it from the other keys. A key is a secret, so the text
 * contains at most half of it.
 */
export function shortKeyOf(organizations: readonly Organization[], { key }: Organization): string {
  const longest = Math.floor(key.length / 2)
  const isShared = (length: number) =>
    organizations.some((other) => other.key !== key && other.key.endsWith(key.slice(-length)))
  let length = Math.min(4, longest)
  while (length < longest && isShared(length)) length++
  return `…${length > 0 ? key.slice(-length) : ''}`
}
