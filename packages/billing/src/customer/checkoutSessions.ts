import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { BillingError, unavailable } from '../contract/errors.ts'
import type { FlowgladClient } from '../flowglad/flowgladClient.ts'
import type { Lease, Leases } from '../flowglad/leases.ts'
import type { KeepResultAnswer } from '../ledger/answers.ts'
import type { FindResult } from '../ledger/commands.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { onLedger } from '../ledger/onLedger.ts'
import { keyDenial } from '../metering/denials.ts'
import { fingerprint } from '../metering/fingerprint.ts'

/** A page hosted by Flowglad where the customer pays or saves a payment method. */
const checkoutSession = z.object({ id: z.string(), url: z.string() })
export type CheckoutSession = z.output<typeof checkoutSession>

export interface SessionRequest {
  /** The customer's ID. */
  customer: string
  /** The procedure to which the key is scoped. */
  procedure: string
  /** The client's name for the checkout. If null, each request opens a new session. */
  key: string | null
  /** Distinguishes a retry from a different checkout under the same key. */
  input: unknown
}

type OperationId = Omit<FindResult, 'type'>

/** Sends the request that creates a session. */
type Create = () => Promise<CheckoutSession>

interface Parts {
  ledger: Pick<Ledger, 'execute'>
  leases: Pick<Leases, 'takeForFetch'>
  flowglad: Pick<FlowgladClient, 'checkoutStatus'>
  /** How long a request waits for the customer's lease. */
  leaseWaitMs: number
}

/** Opens hosted pages at Flowglad. The customer can pay on at most one of the pages under a key. */
export class CheckoutSessions {
  readonly #parts: Parts
  /**
   * The pending requests on this node, by customer, key and input. A concurrent retry waits for the same
   * request.
   */
  readonly #opening = new Map<string, Promise<CheckoutSession>>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /**
   * Returns the open session from an earlier request with the key, or opens a new session. Throws
   * `ALREADY_COMPLETED` if the customer has already paid.
   *
   * `prepare` throws if the customer can't place this order now, even if an earlier session is still open.
   * `prepare` runs without the customer's lease, because its own fetch takes the lease.
   */
  async open(
    { customer, procedure, key, input }: SessionRequest,
    prepare: () => Promise<Create>,
  ): Promise<CheckoutSession> {
    if (key === null) return (await prepare())()
    const id = { customer, procedure, key, fingerprint: await fingerprint(input) }
    const name = JSON.stringify(id)
    const opening =
      this.#opening.get(name) ?? this.#open(id, prepare).finally(() => this.#opening.delete(name))
    this.#opening.set(name, opening)
    return opening
  }

  async #open(id: OperationId, prepare: () => Promise<Create>): Promise<CheckoutSession> {
    const { session } = await this.#find(id)
    const create = await prepare()
    if (session) return session
    // The lease ensures that only one request with the key runs at a time across all nodes. If the process
    // dies before the session is stored, a later request opens another session. This is safe, because no
    // client has the first session's URL.
    return this.#underLease(id.customer, (lease) => this.#openOnce(id, lease, create))
  }

  async #openOnce(id: OperationId, lease: Lease, create: Create): Promise<CheckoutSession> {
    const { session, replaces } = await this.#find(id)
    if (session) return session
    if (!(await onLedger(lease.keep()))) throw unavailable(1_000)
    const created = await create()
    const result = JSON.stringify(created)
    const command = { type: 'keepResult', ...id, attempt: randomUUID(), result, replaces } as const
    const kept = await onLedger(this.#parts.ledger.execute(command))
    return kept.state === 'kept' ? created : storedIn(kept, id.key).session
  }

  /** Returns the open session under the key, if any, and the attempt that a new session would replace. */
  async #find(id: OperationId): Promise<{ session: CheckoutSession | null; replaces: string | null }> {
    const { ledger, flowglad } = this.#parts
    const found = await onLedger(ledger.execute({ type: 'findResult', ...id }))
    if (found.state === 'unused') return { session: null, replaces: null }
    const { session, attempt } = storedIn(found, id.key)
    const status = await flowglad.checkoutStatus(session.id).catch((error: unknown) => {
      throw unavailable(2_000, error)
    })
    if (status === 'succeeded') throw completed(id.key)
    // A session with a pending payment counts as open, because its page still shows the outcome.
    const isOpen = status === 'open' || status === 'pending'
    return { session: isOpen ? session : null, replaces: attempt }
  }

  async #underLease<T>(customer: string, work: (lease: Lease) => Promise<T>): Promise<T> {
    const { leases, leaseWaitMs } = this.#parts
    const lease = await onLedger(leases.takeForFetch(customer, leaseWaitMs))
    if (!lease) throw unavailable(1_000)
    try {
      return await work(lease)
    } finally {
      // Ignore the error: if the ledger is unavailable, the lease expires.
      await lease.leave().catch(() => {})
    }
  }
}

/**
 * Returns the stored session. Throws a denial if the key belongs to another input, or if no session is
 * stored.
 */
function storedIn(answer: Exclude<KeepResultAnswer, { state: 'kept' }>, key: string) {
  if (answer.state === 'keyReused') throw keyDenial(answer, key)
  const { attempt, result } = answer
  if (result === null) throw completed(key)
  return { attempt, session: checkoutSession.parse(JSON.parse(result)) }
}

const completed = (key: string) =>
  new BillingError(
    { code: 'ALREADY_COMPLETED', key },
    'The checkout under this idempotency key has already been completed. To buy again, use a new key.',
  )
