import { type Clock, sleep, within } from '../config/clock.ts'
import type { Logger } from '../config/logger.ts'
import type { BillingOptions } from '../config/options.ts'
import { SessionEndedError } from '../contract/errors.ts'
import { decideSession, type Owner } from './decideSession.ts'
import type { SessionSource } from './sessionSource.ts'

/** A stream that ends when its session ends. */
interface OpenStream {
  ctx: object
  /** The ID of the customer for whom the stream was opened. */
  customer: string
  /** When the session was last known to belong to the customer. */
  confirmedAt: number
  end: (error: SessionEndedError) => void
}

/** A session with open streams of one customer. */
interface OpenSession {
  streams: Set<OpenStream>
  ended: AbortController
}

/** An object that records when its session was last confirmed, such as a WebSocket connection. */
export interface Confirmed {
  confirmedAt: number
}

/**
 * Checks the sessions of open streams every `sessionCheckMs`. Before a call over a WebSocket, checks the
 * session if its last check is older than `sessionCheckMs`. Without a `source`, checks only open streams:
 * calls the app's `customer` again with the same context.
 */
export class SessionChecks {
  readonly #customerOf: (ctx: object) => { id: string }
  readonly #source: SessionSource<object> | undefined
  readonly #clock: Clock
  readonly #options: Pick<BillingOptions, 'sessionCheckMs' | 'sessionMaxUncheckedMs'>
  readonly #logger: Logger
  readonly #sessions = new Map<unknown, OpenSession>()
  /** The checks that are running, by session and customer. */
  readonly #reading = new Map<unknown, Promise<Owner>>()
  #isFailing = false

  constructor(parts: {
    customerOf: (ctx: object) => { id: string }
    source: SessionSource<object> | undefined
    clock: Clock
    options: Pick<BillingOptions, 'sessionCheckMs' | 'sessionMaxUncheckedMs'>
    logger: Logger
  }) {
    this.#customerOf = parts.customerOf
    this.#source = parts.source
    this.#clock = parts.clock
    this.#options = parts.options
    this.#logger = parts.logger
  }

  now(): number {
    return this.#clock.now()
  }

  /** Calls `end` once if the context's session ends. Returns a function that stops the checks. */
  watch(ctx: object, customer: string, end: (error: SessionEndedError) => void): () => void {
    const stream: OpenStream = { ctx, customer, confirmedAt: this.now(), end }
    const id = this.#idOf(ctx, customer) ?? stream
    const session = this.#sessions.get(id) ?? { streams: new Set(), ended: new AbortController() }
    session.streams.add(stream)
    if (!this.#sessions.has(id)) {
      this.#sessions.set(id, session)
      void this.#checkRegularly(session)
    }
    return () => {
      session.streams.delete(stream)
      if (session.streams.size > 0) return
      session.ended.abort()
      if (this.#sessions.get(id) === session) this.#sessions.delete(id)
    }
  }

  /**
   * Checks the connection's session if its last check is older than `sessionCheckMs`. Throws a
   * `SessionEndedError` if the session has ended, belongs to another customer, or hasn't been checked for too
   * long.
   */
  async confirm(ctx: object, customer: string, connection: Confirmed): Promise<void> {
    if (!this.#source || this.now() - connection.confirmedAt < this.#options.sessionCheckMs) return
    const startedAt = this.now()
    this.#decide(await this.#read(ctx, customer), { customer, startedAt, of: connection, end: fail })
  }

  /** Stops all checks. */
  close(): void {
    for (const { ended } of this.#sessions.values()) ended.abort()
    this.#sessions.clear()
  }

  async #checkRegularly({ streams, ended }: OpenSession) {
    const pause = () => sleep(this.#clock, this.#options.sessionCheckMs, ended.signal, { keepAlive: false })
    let next = pause()
    for (;;) {
      await next
      if (ended.signal.aborted) return
      // Schedule the next check now, so that a slow check doesn't delay it.
      next = pause()
      await this.#check(streams)
    }
  }

  async #check(streams: Set<OpenStream>) {
    for (const stream of [...streams]) {
      if (this.#currentCustomer(stream.ctx) !== stream.customer) stream.end(new SessionEndedError('ended'))
    }
    const checked = [...streams]
    const newest = checked.at(-1)
    if (!newest || !this.#source) return
    const startedAt = this.now()
    const owner = await this.#read(newest.ctx, newest.customer)
    for (const stream of checked) {
      if (!streams.has(stream)) continue
      this.#decide(owner, { customer: stream.customer, startedAt, of: stream, end: stream.end })
    }
  }

  #decide(
    owner: Owner,
    check: {
      customer: string
      startedAt: number
      of: Confirmed
      end: (error: SessionEndedError) => void
    },
  ) {
    const uncheckedMs = this.now() - check.of.confirmedAt
    const maxUncheckedMs = this.#options.sessionMaxUncheckedMs
    const decision = decideSession(owner, { customer: check.customer, uncheckedMs, maxUncheckedMs })
    if (decision === 'confirm') check.of.confirmedAt = check.startedAt
    else if (decision !== 'wait') check.end(new SessionEndedError(decision))
  }

  #currentCustomer(ctx: object): string | null {
    try {
      return this.#customerOf(ctx).id
    } catch {
      return null
    }
  }

  /** Reads the session's customer. Concurrent calls for one session and customer share one read. */
  #read(ctx: object, customer: string): Promise<Owner> {
    const id = this.#idOf(ctx, customer) ?? ctx
    const running = this.#reading.get(id)
    if (running) return running
    const { sessionCheckMs } = this.#options
    const unknown: Owner = { state: 'unknown' }
    const reading = within(this.#clock, sessionCheckMs, this.#readSource(ctx), unknown).finally(() =>
      this.#reading.delete(id),
    )
    this.#reading.set(id, reading)
    return reading
  }

  async #readSource(ctx: object): Promise<Owner> {
    try {
      const customer = await this.#source?.customer(ctx)
      this.#isFailing = false
      return customer ? { state: 'active', customer: customer.id } : { state: 'ended' }
    } catch (error) {
      if (!this.#isFailing) this.#logger.warn({ error: String(error) }, 'checking a session failed')
      this.#isFailing = true
      return { state: 'unknown' }
    }
  }

  /**
   * Returns the ID of the session's checks, or null if the session has no ID. A stream whose session has no
   * ID is checked separately. The ID includes the customer, because a session can be used for several
   * customers, such as organizations.
   */
  #idOf(ctx: object, customer: string): string | null {
    try {
      const id = this.#source?.id(ctx) ?? null
      return id === null ? null : JSON.stringify([id, customer])
    } catch {
      return null
    }
  }
}

function fail(error: SessionEndedError): never {
  throw error
}
