import type { UsageEvent } from '../../../src/ledger/answers.ts'
import { aTakeLease } from '../builders.ts'
import { acknowledge } from './acknowledge.ts'
import type { CheckedLedger } from './CheckedLedger.ts'
import type { Fetches } from './Fetches.ts'
import type { DeliverStep } from './history.ts'

interface Delivery {
  token: string
  /** Events that this delivery was the first to mark as sent. */
  fresh: UsageEvent[]
  inFlight: UsageEvent[]
  /** Events that Flowglad has recorded but the ledger has not acknowledged. */
  arrived: UsageEvent[]
}

/**
 * Runs a history's deliveries. Each delivery takes the lease, sends events and receives the responses. Other
 * steps can run in between.
 */
export class Deliveries {
  readonly #ledger: CheckedLedger
  readonly #fetches: Fetches
  readonly #deliveries: Delivery[] = []
  /** Events that can still arrive at Flowglad after their delivery has stopped waiting for a response. */
  #strays: UsageEvent[] = []

  constructor(ledger: CheckedLedger, fetches: Fetches) {
    this.#ledger = ledger
    this.#fetches = fetches
  }

  async live(step: DeliverStep): Promise<void> {
    if (step.type === 'deliverTake') return this.#take(step)
    const delivery = this.#deliveries[step.slot]
    if (!delivery) return
    switch (step.type) {
      case 'deliverArrive': {
        const arriving = delivery.inFlight.splice(0, step.every ? delivery.inFlight.length : 1)
        for (const event of arriving) this.#ledger.world.record(event)
        delivery.arrived.push(...arriving)
        return
      }
      case 'deliverAcknowledge':
        return this.#acknowledge(delivery, step.endsLease)
      case 'deliverPark':
        return this.#park(delivery)
      case 'deliverExtend':
        return this.#extend(delivery)
      case 'deliverLeave':
        return this.#leave(delivery, step.untaken)
      default:
        step satisfies never
    }
  }

  straysArrive(): void {
    for (const event of this.#strays.splice(0)) this.#ledger.world.record(event)
  }

  async #take({ slot, maxEvents, leaseMs }: Extract<DeliverStep, { type: 'deliverTake' }>): Promise<void> {
    const { customer } = this.#ledger
    const token = this.#ledger.newId('d')
    const lease = aTakeLease({ customer, token, purpose: 'deliver', maxEvents, leaseMs })
    const [taken] = await this.#ledger.execute([lease])
    if (taken?.state !== 'taken') return
    const before = this.#deliveries[slot]
    if (before) this.#strays.push(...before.inFlight)
    const inFlight = [...taken.ambiguous, ...taken.events]
    this.#deliveries[slot] = { token, fresh: taken.events, inFlight, arrived: [] }
  }

  /**
   * Acknowledges the arrived events. With `endsLease`, also ends the lease, unless the delivery waits for another
   * response.
   */
  async #acknowledge(delivery: Delivery, endsLease: boolean): Promise<void> {
    const isLast = endsLease && delivery.inFlight.length === 0
    await acknowledge(this.#ledger, delivery.arrived.splice(0), isLast ? delivery.token : undefined)
  }

  async #park(delivery: Delivery): Promise<void> {
    if (delivery.token !== this.#ledger.model.lease?.token) return
    const { recorded } = this.#ledger.world
    const rejected = delivery.inFlight.splice(0).filter((event) => !recorded.has(nameOf(event)))
    // Flowglad rejects these events from every process.
    const names = new Set(rejected.map(nameOf))
    const isRejected = (event: UsageEvent) => names.has(nameOf(event))
    this.#strays = this.#strays.filter((event) => !isRejected(event))
    for (const other of this.#deliveries) {
      if (other) other.inFlight = other.inFlight.filter((event) => !isRejected(event))
    }
    this.#fetches.forget(isRejected)
    const events = rejected.map(({ attempt, meter }) => {
      return { attempt, meter, reason: 'no', retryInMs: 600_000 }
    })
    await this.#ledger.execute([{ type: 'park', customer: this.#ledger.customer, events }])
  }

  async #extend({ token }: Delivery): Promise<void> {
    const { customer } = this.#ledger
    await this.#ledger.execute([
      aTakeLease({ customer, token, purpose: 'deliver', maxEvents: 0, extend: true }),
    ])
  }

  async #leave(delivery: Delivery, putsBack: boolean): Promise<void> {
    // Put back only events that can't arrive at Flowglad later. An event that an earlier delivery marked as sent is
    // ambiguous, so it can still arrive.
    const isUntaken = (event: UsageEvent) => putsBack && delivery.fresh.includes(event)
    const untaken = delivery.inFlight.filter(isUntaken).map(({ attempt, meter }) => ({ attempt, meter }))
    delivery.inFlight = delivery.inFlight.filter((event) => !isUntaken(event))
    const { customer } = this.#ledger
    await this.#ledger.execute([{ type: 'leaveLease', customer, token: delivery.token, untaken }])
  }
}

const nameOf = ({ attempt, meter }: UsageEvent) => `${attempt}/${meter}`
