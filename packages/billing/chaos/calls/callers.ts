import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../random.ts'
import { type Call, kinds } from './call.ts'
import { sendCall } from './sendCall.ts'

/** `mixed`: the customer makes calls of all kinds. `single units`: each call takes one unit. */
type Profile = 'mixed' | 'single units'

/** The maximum number of times that a caller repeats a keyed call that has no final answer. */
const maxRetries = 12
/**
 * The number of denials for lack of units after which a customer is replaced by a new customer. The fetch before
 * the first denial often overlaps the delivery of the last charges. If this overlap makes a balance wrong, the fetch
 * before another denial would correct the balance, and the audit would miss the mistake.
 */
const denialsPerCustomer = { 'single units': 1, mixed: 6 } as const satisfies Record<Profile, number>

interface Customer {
  name: string
  profile: Profile
  denials: number
}

/** Makes calls from many callers at the same time, and stores every answer. */
export class Callers {
  readonly calls: Call[] = []
  readonly #urls: string[]
  readonly #random: Random
  readonly #startedAt: number
  readonly #customers: Customer[]
  #names = 0
  #isStopping = false
  #running: Promise<unknown> = Promise.resolve()

  constructor({
    urls,
    random,
    startedAt,
    customers,
  }: { urls: string[]; random: Random; startedAt: number; customers: number }) {
    this.#urls = urls
    this.#random = random
    this.#startedAt = startedAt
    this.#customers = Array.from({ length: customers }, (_, slot) =>
      // For calls of one unit, the audit knows almost every outcome, so it notices a denial while one unit is left.
      this.#newCustomer(slot % 2 ? 'mixed' : 'single units'),
    )
  }

  /** Whether a call has succeeded. */
  get hasAnswer(): boolean {
    return this.calls.some(({ answers }) => answers.some(({ state }) => state === 'answered'))
  }

  start(callers: number): void {
    this.#running = Promise.all(Array.from({ length: callers }, () => this.#loop()))
  }

  /** Stops the callers, and waits for their last calls. */
  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  #newCustomer(profile: Profile): Customer {
    this.#names += 1
    return { name: `customer-${this.#names}`, profile, denials: 0 }
  }

  async #loop(): Promise<void> {
    while (!this.#isStopping) {
      await this.#operation()
      await sleep(this.#random.between(10, 150))
    }
  }

  async #operation(): Promise<void> {
    const random = this.#random
    const slot = random.between(0, this.#customers.length - 1)
    const customer = this.#customers[slot]
    if (!customer) return
    const isMixed = customer.profile === 'mixed'
    const kind = isMixed ? random.oneOf(kinds) : random.oneOf(['fixed', 'render'] as const)
    const amount = isMixed ? random.between(1, 5) : 1
    const call: Call = {
      operation: `operation-${this.calls.length}`,
      customer: customer.name,
      kind,
      amount,
      hold: kind === 'counted' || kind === 'stream' ? amount + random.between(0, 5) : amount,
      // Some work takes longer than `holdTtlMs`, so its hold must be renewed.
      workMs: random.chance(0.05) ? random.between(3_000, 5_000) : random.between(0, 400),
      key: random.chance(0.6) ? `key-${this.calls.length}` : null,
      startedAt: Date.now() - this.#startedAt,
      answers: [],
    }
    this.calls.push(call)
    const leaves = kind === 'stream' && random.chance(0.2)
    // Some clients send an operation twice at the same time.
    const isDoubled = call.key !== null && random.chance(0.1)
    await Promise.all([
      this.#send(call, leaves ? random.between(1, 300) : undefined),
      ...(isDoubled ? [this.#send(call)] : []),
    ])
    if (call.key !== null) await this.#retry(call)
    if (call.answers.some((answer) => answer.state === 'denied' && answer.code === 'INSUFFICIENT_CREDITS')) {
      customer.denials += 1
      if (customer.denials === denialsPerCustomer[customer.profile])
        this.#customers[slot] = this.#newCustomer(customer.profile)
    }
  }

  /** Repeats a keyed call until it has a final answer, and sometimes once more. */
  async #retry(call: Call): Promise<void> {
    for (let retry = 0; retry < maxRetries && !isFinal(call); retry += 1) {
      await sleep(this.#random.between(50, 1_500))
      await this.#send(call)
    }
    if (this.#random.chance(0.2)) {
      await sleep(this.#random.between(0, 5_000))
      await this.#send(call)
    }
  }

  async #send(call: Call, leaveAfterMs?: number): Promise<void> {
    const node = this.#random.between(0, this.#urls.length - 1)
    const from = Date.now() - this.#startedAt
    const outcome = await sendCall(this.#urls[node] ?? '', call, leaveAfterMs)
    call.answers.push({ ...outcome, node, from, until: Date.now() - this.#startedAt })
  }
}

const finalDenials = new Set(['ALREADY_COMPLETED', 'INSUFFICIENT_CREDITS', 'KEY_REUSED'])

const isFinal = ({ answers }: Call) =>
  answers.some(
    (answer) =>
      answer.state === 'answered' ||
      answer.state === 'failed' ||
      (answer.state === 'denied' && finalDenials.has(answer.code)),
  )
