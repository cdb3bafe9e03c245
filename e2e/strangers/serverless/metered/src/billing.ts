import { createBilling, defineMeters } from '@metered/billing'
import { postgresLedger } from '@metered/billing/postgres'
import pg from 'pg'
import type { User } from './user.js'

export const billing = createBilling({
  meters: defineMeters({ drawings: {} }),
  ledger: postgresLedger(
    new pg.Pool({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5_000 }),
  ),
  flowglad: {
    secretKey: process.env.FLOWGLAD_SECRET_KEY ?? '',
    baseUrl: process.env.FLOWGLAD_BASE_URL,
    webhookSecret: process.env.FLOWGLAD_WEBHOOK_SECRET,
  },
  customer: (ctx: { user: User }) => ctx.user,
  publicUrl: process.env.PUBLIC_URL ?? 'http://localhost:3000',
})
