import type { Page } from '@playwright/test'
import type { AppUnderTest } from './checkApp.ts'
import { checkServerComponents } from './next/checkServerComponents.ts'
import { checkSchedule } from './serverless/checkSchedule.ts'
import { type Transport, webSocketTransport } from './transport.ts'

/** How an app's test differs from the default. */
export interface StrangerApp {
  /** Observes a page's calls. Default: `httpTransport`. */
  transportOf?: (page: Page) => Promise<Transport>
  /** Checks features that only this app has. Runs after the checks that all apps share. */
  checkFeatures?: (app: AppUnderTest) => Promise<void>
  /** Whether the app needs a PostgreSQL database. */
  needsPostgres?: boolean
}

export const apps: Record<string, StrangerApp> = {
  'fastify-vite': {},
  express: {},
  websockets: { transportOf: webSocketTransport },
  serverless: { needsPostgres: true, checkFeatures: checkSchedule },
  next: { checkFeatures: checkServerComponents },
}
