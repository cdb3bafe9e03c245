import { z } from 'zod'
import type { Clock } from '../config/clock.ts'
import { RecentMap } from '../config/recentMap.ts'
import type { FlowgladClient } from './flowgladClient.ts'

const payment = z.object({
  id: z.string(),
  customerId: z.string(),
  invoiceId: z.string().nullish(),
  subscriptionId: z.string().nullish(),
  amount: z.number(),
  currency: z.string(),
  status: z.string(),
  chargeDate: z.number(),
  paymentMethod: z.string().nullish(),
  paymentMethodId: z.string().nullish(),
  refunded: z.boolean().nullish(),
  refundedAmount: z.number().nullish(),
  refundedAt: z.number().nullish(),
  receiptURL: z.string().nullish(),
})
const page = z.object({ data: z.array(payment), hasMore: z.boolean() })

export type Payment = z.output<typeof payment>

/** A customer's payments, newest first. */
export interface PaymentsPage {
  payments: Payment[]
  hasOlder: boolean
}

const rememberedCustomers = 500
/** How long an answer is reused. */
const maxAgeMs = 5_000
/** How long a failure is reused. */
const maxFailureAgeMs = 1_000

interface Asked {
  answer: Promise<PaymentsPage>
  at: number
  hasFailed: boolean
}

/**
 * Reads customers' payments from Flowglad. An answer is reused for five seconds, and a failure for one
 * second. Concurrent reads for one customer share one request.
 */
export class CustomerPayments {
  readonly #flowglad: Pick<FlowgladClient, 'payments'>
  readonly #clock: Pick<Clock, 'now'>
  /** The latest request for each customer, by the customer's ID at Flowglad. */
  readonly #recent = new RecentMap<string, Asked>(rememberedCustomers)
  /** The last successful answers, which are returned while Flowglad can't be reached. */
  readonly #last = new RecentMap<string, PaymentsPage>(rememberedCustomers)

  constructor({
    flowglad,
    clock,
  }: {
    flowglad: Pick<FlowgladClient, 'payments'>
    clock: Pick<Clock, 'now'>
  }) {
    this.#flowglad = flowglad
    this.#clock = clock
  }

  /**
   * Returns up to 100 payments. `customer` is the customer's ID at Flowglad. Returns the last known payments
   * if Flowglad can't be reached.
   */
  async read(customer: string): Promise<PaymentsPage> {
    const known = this.#recent.get(customer)
    const isRecent = known && this.#clock.now() - known.at <= (known.hasFailed ? maxFailureAgeMs : maxAgeMs)
    try {
      return await (isRecent ? known.answer : this.readAgain(customer))
    } catch (error) {
      const last = this.#last.get(customer)
      if (last) return last
      throw error
    }
  }

  /** Requests the payments from Flowglad, even if the last response is recent. */
  readAgain(customer: string): Promise<PaymentsPage> {
    const asked: Asked = { answer: this.#ask(customer), at: this.#clock.now(), hasFailed: false }
    this.#recent.set(customer, asked)
    asked.answer.catch(() => {
      asked.hasFailed = true
    })
    return asked.answer
  }

  async #ask(customer: string): Promise<PaymentsPage> {
    const { data, hasMore } = page.parse(await this.#flowglad.payments(customer))
    // Filter the list here too: if Flowglad ever ignored the cursor's filter, the list would contain other
    // customers' payments.
    const own = data.filter(({ customerId }) => customerId === customer)
    const answer = { payments: own.sort((a, b) => b.chargeDate - a.chargeDate), hasOlder: hasMore }
    this.#last.set(customer, answer)
    return answer
  }
}
