import { createBilling, defineMeters } from '@metered/billing'
import { sqliteLedger } from '@metered/billing/sqlite'
import type { User } from './user'

export const billing = createBilling({
  meters: defineMeters({ drawings: {} }),
  ledger: sqliteLedger('billing.db'),
  flowglad: {
    secretKey: process.env.FLOWGLAD_SECRET_KEY ?? '',
    baseUrl: process.env.FLOWGLAD_BASE_URL,
    webhookSecret: process.env.FLOWGLAD_WEBHOOK_SECRET,
  },
  customer: (ctx: { user: User }) => ctx.user,
  publicUrl: process.env.PUBLIC_URL ?? 'http://localhost:3000',
})
