import type { Command, Reserve } from '../../../src/ledger/commands.ts'
import { aRenew, aReserve, aSettle, settleOf } from '../builders.ts'
import type { CheckedLedger } from './CheckedLedger.ts'
import type { Call } from './history.ts'

/** Converts a history's metered calls to commands. */
export class Calls {
  readonly #ledger: CheckedLedger
  /** The reserve commands, newest first. */
  readonly #reserves: Reserve[] = []

  constructor(ledger: CheckedLedger) {
    this.#ledger = ledger
  }

  /** Returns the call's commands, or none if the call refers to a reserve that doesn't exist or can't run again. */
  commands(call: Call): Command[] {
    const { customer } = this.#ledger
    switch (call.type) {
      case 'reserve': {
        const reserve = this.#reserve(call)
        this.#reserves.unshift(reserve)
        return [reserve]
      }
      case 'settleUnknown': {
        const { amount, labels } = call
        const price = { usageMeterSlug: 'tokens' }
        const leg = { meter: 'tokens', amount, price, flagged: null, labels }
        const attempt = this.#ledger.newId('a')
        return [aSettle({ customer, attempt, subscription: 'sub_0', legs: [leg] })]
      }
      case 'keepResult':
        return this.#keepResult(call)
      case 'expire':
        return [{ type: 'expire', customer }]
      default: {
        const reserve = this.#reserves[call.nth]
        return reserve ? this.#later(call, reserve) : []
      }
    }
  }

  #reserve({ legs, key, fingerprint, ttlMs, maxHoldMs, decisive, leaves }: CallOf<'reserve'>): Reserve {
    return aReserve({
      customer: this.#ledger.customer,
      attempt: this.#ledger.newId('a'),
      key,
      fingerprint: key === null ? null : fingerprint.repeat(64),
      legs: legs.map(({ meter, amount, liftable, onExpiry, labels }) => ({
        meter,
        amount,
        // The feature `all` makes `pictures` unlimited and allows overage on `tokens`. The end of the plan waives the
        // usage of `pictures`, but not that of `tokens`.
        unlimitedBy: liftable && meter === 'pictures' ? 'all' : null,
        overageWith: liftable && meter === 'tokens' ? 'all' : null,
        onExpiry: onExpiry === 'settle' ? 'settle' : 'release',
        price: { usageMeterSlug: meter },
        labels,
      })),
      ttlMs,
      maxHoldMs,
      decisive,
      snapshotMaxStaleMs: 7_200_000,
      pastDue: leaves && { graceMs: 1_800_000, leaves },
    })
  }

  /**
   * Returns commands that look up a key's result and then store a new result. With `replaces`, the new result
   * replaces the old result.
   */
  #keepResult({ key, fingerprint, result, replaces }: CallOf<'keepResult'>): Command[] {
    const { customer, model } = this.#ledger
    const id = { customer, procedure: 'unmetered', key, fingerprint: fingerprint.repeat(64) }
    const attempt = this.#ledger.newId('a')
    const former = replaces ? (model.keys.get(key)?.attempt ?? null) : null
    return [
      { type: 'findResult', ...id },
      { type: 'keepResult', ...id, attempt, result, replaces: former },
    ]
  }

  #later(call: CallOf<'reserveAgain' | 'settle' | 'release' | 'renew'>, reserve: Reserve): Command[] {
    const { customer, model } = this.#ledger
    const { attempt } = reserve
    switch (call.type) {
      case 'reserveAgain':
        // The batcher repeats a reserve only while its outcome is unknown, so the hold can't have been settled or
        // released yet.
        return this.#ledger.isKnown(attempt) ? [reserve] : []
      case 'settle': {
        const held = model.holds.get(attempt) ?? model.expired.get(attempt)
        const subscription = held?.subscription ?? 'sub_0'
        const { amount, result } = call
        return [settleOf(reserve, { ...(amount === null ? {} : { amount }), result, subscription })]
      }
      case 'release':
        return [{ type: 'release', customer, attempt }]
      case 'renew':
        return [aRenew(reserve, { ttlMs: 1500, counted: call.counted })]
      default:
        return call satisfies never
    }
  }
}

type CallOf<T extends Call['type']> = Extract<Call, { type: T }>
