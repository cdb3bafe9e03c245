import type { Database } from '../database/Database.ts'
import type { Clock } from './clock.ts'
import { createId } from './ids.ts'

/** The context of every operation: the database, the clock, the organization and the address of the pages. */
export interface Platform {
  db: Database
  clock: Clock
  organizationId: string
  /** The pricing model of the API key, which new customers get even if another model becomes the default. */
  pricingModelId: string
  /** Without a trailing slash, for example `http://127.0.0.1:4010`. */
  url: string
  /** Whether the server was started with a webhook receiver. */
  hasReceiver: boolean
}

/** Moves the clock forward and runs everything that falls due. */
export type Advance = (ms: number) => void

/**
 * Returns the fields that every record starts with. `at` is the platform's time, which can be earlier than
 * the clock during a catch-up.
 */
export const newRecord = (prefix: string, at: number) => ({
  id: createId(prefix),
  createdAt: at,
  updatedAt: at,
  livemode: false as const,
})
