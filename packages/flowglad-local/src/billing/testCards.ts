import type { BillingAddress } from '../database/records/customers.ts'

/** The payer of a checkout that a test control completes. Hosted checkouts record the same address. */
export const testPayer = {
  name: 'Test',
  email: 'test@example.com',
  address: { line1: '1 St', line2: null, city: 'SF', state: 'CA', postal_code: '94102', country: 'US' },
} as const satisfies BillingAddress

export const testCardExpiry = { month: 12, year: 2034 } as const

/**
 * A card that the hosted pages recognize. The pages reject all other cards, so no real card is ever stored.
 */
export interface TestCard {
  number: string
  brand: string
  /** The result of a payment on a hosted page. */
  outcome: 'paid' | 'declined' | 'needs_action'
  /** The result of later charges, when the customer isn't present. */
  renewals: 'pay' | 'fail'
  explanation: string
  /** The explanation if nothing is due, for example because the card is only saved. */
  explanationIfFree: string
}

export const testCards = [
  {
    number: '4242424242424242',
    brand: 'visa',
    outcome: 'paid',
    renewals: 'pay',
    explanation: 'accepts this payment and every renewal',
    explanationIfFree: 'is accepted and pays every renewal',
  },
  {
    number: '4000000000000002',
    brand: 'visa',
    outcome: 'declined',
    renewals: 'fail',
    explanation: 'declines the payment',
    explanationIfFree: 'is declined',
  },
  {
    number: '4000002500003155',
    brand: 'visa',
    outcome: 'needs_action',
    renewals: 'pay',
    explanation: 'asks you to confirm the payment',
    explanationIfFree: 'asks you to confirm',
  },
  {
    number: '4000000000000341',
    brand: 'visa',
    outcome: 'paid',
    renewals: 'fail',
    explanation: 'accepts this payment and declines renewals',
    explanationIfFree: 'is accepted, but declines renewals',
  },
] as const satisfies readonly TestCard[]

export const findTestCard = (number: string): TestCard | undefined => {
  const digits = number.replace(/[\s-]/g, '')
  return testCards.find((card) => card.number === digits)
}
