import type { Database } from '../database/Database.ts'
import type { Clock } from './clock.ts'
import { createId } from './ids.ts'

/** The context of every operation: the database, the clock, the organization and the pages' URL. */
export interface Platform {
  db: Database
  clock: Clock
  organizationId: string
  /** The API key's pricing model. New customers get this model even if another one becomes the default. */
  pricingModelId: string
  /** The server's URL without a trailing slash, for example `http://127.0.0.1:4010`. */
  url: string
  /** Whether the server was started with a webhook receiver. */
  hasReceiver: boolean
}

/** Moves the clock forward and runs the renewals and retries that become due. */
export type Advance = (ms: number) => void

/** Adds an API key with its own organization. `pricing` is a setup or a pricing file's content. */
export type AddKey = (options: { key?: string; pricing: unknown }) => { key: string }

/**
 * Returns a new record's common fields. `at` is the time of the operation. While overdue renewals and retries
 * run, `at` can be earlier than the clock's time.
 */
export const newRecord = (prefix: string, at: number) => ({
  id: createId(prefix),
  createdAt: at,
  updatedAt: at,
  livemode: false as const,
})
