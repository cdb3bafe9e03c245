import type { Act } from '../ledger/reads.ts'

/** One value that an act changed. */
export interface ActChange {
  /** The account's meter. Null if the value belongs to the event or the hold. */
  meter: string | null
  /**
   * The value's name: a counter of the account, the usage event's state, the time of its next retry, or whether the
   * hold is open.
   */
  name: 'event' | 'retryAt' | 'hold' | keyof Omit<Act['before']['accounts'][number], 'meter'>
  /** Null if the value didn't exist. Times are epoch milliseconds. */
  before: string | number | null
  after: string | number | null
}

type Value = Omit<ActChange, 'before' | 'after'> & { value: string | number | null }

/** Returns the values that an act changed, before and after the act. */
export function actChanges({ before, after }: Pick<Act, 'before' | 'after'>): ActChange[] {
  const earlier = valuesOf(before)
  return valuesOf(after).flatMap(({ meter, name, value }) => {
    const old = earlier.find((it) => it.meter === meter && it.name === name)?.value ?? null
    return old === value ? [] : [{ meter, name, before: old, after: value }]
  })
}

const counters = ['available', 'held', 'booked', 'dropped', 'parked', 'adjusted'] as const

function valuesOf({ event, hold, accounts }: Act['before']): Value[] {
  const values: Value[] = []
  if (event) {
    values.push({ meter: null, name: 'event', value: event.state })
    values.push({ meter: null, name: 'retryAt', value: event.retryAt })
  }
  if (hold !== undefined) values.push({ meter: null, name: 'hold', value: hold === null ? 'ended' : 'open' })
  for (const { meter, ...account } of accounts)
    for (const name of counters) values.push({ meter, name, value: account[name] })
  return values
}
