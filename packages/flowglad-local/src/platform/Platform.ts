import type { Database } from '../database/Database.ts'
import type { Clock } from './clock.ts'
import { createId } from './ids.ts'

/** What every operation needs: the books, the time, whose platform it is and where its pages are. */
export interface Platform {
  db: Database
  clock: Clock
  organizationId: string
  /** The pricing model that the API key is for, and new customers get, whichever is the default later. */
  pricingModelId: string
  /** Without a trailing slash, e.g. `http://127.0.0.1:4010`. */
  url: string
  /** Whether anybody receives webhooks. */
  hasReceiver: boolean
}

/** Moves the clock on and lets everything happen that falls due. */
export type Advance = (ms: number) => void

/** Fields every record starts with. `at` is the platform's time, which lags the clock while it catches up. */
export const newRecord = (prefix: string, at: number) => ({
  id: createId(prefix),
  createdAt: at,
  updatedAt: at,
  livemode: false as const,
})
