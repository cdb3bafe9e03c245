import { RecentMap } from '../config/recentMap.ts'

const rememberedCustomers = 10_000

/**
 * Decides how many events of each customer a pass takes. Each customer gets an equal share of a pass. If a
 * customer has more events than its share, the customer's next share is twice as large, so that a busy
 * customer doesn't fall behind.
 */
export class Shares {
  /** The last share of each customer whose share may have been too small. */
  readonly #tooSmall = new RecentMap<string, number>(rememberedCustomers)

  /**
   * Divides a pass of about `room` events among the customers. If there isn't room for all customers, the
   * last customers get no share.
   */
  divide(customers: string[], room: number): { customer: string; share: number }[] {
    const equal = Math.ceil(room / customers.length)
    const shares: { customer: string; share: number }[] = []
    let left = room
    for (const customer of customers) {
      if (left <= 0) break
      const share = Math.min(room, Math.max(equal, 2 * (this.#tooSmall.peek(customer) ?? 0)))
      this.#tooSmall.delete(customer)
      shares.push({ customer, share })
      left -= share
    }
    return shares
  }

  /** Records that the customer may have more events than `share`. */
  tooSmall(customer: string, share: number): void {
    this.#tooSmall.set(customer, share)
  }
}
