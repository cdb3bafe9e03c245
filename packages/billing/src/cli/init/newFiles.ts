import type { App } from './findApp.ts'

/** The context field that holds the signed-in user. */
type UserField = 'user' | 'session.user'

/** Returns the context field in which the app's procedures find the signed-in user. */
export const userFieldOf = ({ files }: App): UserField =>
  files.some(({ code }) => /\bctx\.session\??\.user\b/.test(code)) ? 'session.user' : 'user'

/** Returns the content of `billing.ts`. */
export function billingText(field: UserField, { otherSqlite = false } = {}): string {
  const parameter =
    field === 'user' ? 'ctx: { user: BillingUser }' : 'ctx: { session: { user: BillingUser } }'
  return `import { createBilling, defineMeters } from '@metered/billing'
import { sqliteLedger } from '@metered/billing/sqlite'

/** The fields that billing reads from the signed-in user. */
export interface BillingUser {
  id: string
  name?: string | null
  email?: string | null
}

export const billing = createBilling({
  // Each key is the slug of a usage meter in pricing.yaml.
  meters: defineMeters({ generations: {} }),
${otherSqlite ? sqliteWarning : ''}  ledger: sqliteLedger('billing.db'),
  flowglad: {
    secretKey: process.env.FLOWGLAD_SECRET_KEY ?? '',
    baseUrl: process.env.FLOWGLAD_BASE_URL,
    webhookSecret: process.env.FLOWGLAD_WEBHOOK_SECRET,
  },
  // Returns the customer who pays. To bill organizations, return the user's organization. Flowglad requires a name
  // and an email.
  customer: ({ ${field === 'user' ? 'user' : 'session'} }: ${parameter.slice('ctx: '.length)}) => {
    const { id, name, email } = ${field}
    return { id, name: name ?? id, email: email ?? \`\${id}@example.invalid\` }
  },
  publicUrl: process.env.PUBLIC_URL ?? 'http://localhost:3000',
})
`
}

const sqliteWarning = `  // Don't use the app's database: if two SQLite libraries open the same file in one process, you can lose data.
`

/** The content of the initial `pricing.yaml`: a free plan with 3 units a month, and a paid plan with 500. */
export const pricingText = `# The app's plans, in Flowglad's setup format. Prices are in cents.
name: My app
isDefault: true

usageMeters:
  - usageMeter: { name: Generations, slug: generations, aggregationType: sum }

features:
  - type: usage_credit_grant
    slug: free_generations
    name: 3 generations
    description: 3 generations a month
    usageMeterSlug: generations
    amount: 3
    renewalFrequency: every_billing_period
    active: true
  - type: usage_credit_grant
    slug: pro_generations
    name: 500 generations
    description: 500 generations a month
    usageMeterSlug: generations
    amount: 500
    renewalFrequency: every_billing_period
    active: true

products:
  - product: { name: Free, slug: free, default: true, active: true }
    price:
      type: subscription
      name: Free
      slug: free
      unitPrice: 0
      intervalUnit: month
      intervalCount: 1
      isDefault: true
      active: true
    features: [free_generations]
  - product: { name: Pro, slug: pro, default: false, active: true }
    price:
      type: subscription
      name: Pro monthly
      slug: pro_monthly
      unitPrice: 2000
      intervalUnit: month
      intervalCount: 1
      isDefault: true
      active: true
    features: [pro_generations]
`
