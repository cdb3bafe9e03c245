import type { BillingAddress } from '../database/records/customers.ts'

/** Who pays when a test control completes a checkout, and what the hosted page is filled in with. */
export const testPayer = {
  name: 'Test',
  email: 'test@example.com',
  address: { line1: '1 St', line2: null, city: 'SF', state: 'CA', postal_code: '94102', country: 'US' },
} as const satisfies BillingAddress

/** When the test cards expire. */
export const testCardExpiry = { month: 12, year: 2034 } as const

/** Cards that the hosted pages accept. No other number is taken: this server never sees a real card. */
export interface TestCard {
  number: string
  brand: string
  /** What happens when somebody pays with it on a page. */
  outcome: 'paid' | 'declined' | 'needs_action'
  /** Whether later charges, with nobody there, go through. */
  renewals: 'pay' | 'fail'
  explanation: string
}

export const testCards = [
  {
    number: '4242424242424242',
    brand: 'visa',
    outcome: 'paid',
    renewals: 'pay',
    explanation: 'is accepted, now and at every renewal',
  },
  {
    number: '4000000000000002',
    brand: 'visa',
    outcome: 'declined',
    renewals: 'fail',
    explanation: 'is declined by the bank',
  },
  {
    number: '4000002500003155',
    brand: 'visa',
    outcome: 'needs_action',
    renewals: 'pay',
    explanation: 'asks the customer to confirm first',
  },
  {
    number: '4000000000000341',
    brand: 'visa',
    outcome: 'paid',
    renewals: 'fail',
    explanation: 'is accepted now and declined at renewals',
  },
] as const satisfies readonly TestCard[]

export const findTestCard = (number: string): TestCard | undefined => {
  const digits = number.replace(/[\s-]/g, '')
  return testCards.find((card) => card.number === digits)
}
