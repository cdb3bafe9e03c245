import { groupBy } from '../../src/ledger/groupBy.ts'
import type { Call } from '../calls/call.ts'
import { boundsOf, isAnswered } from './bounds.ts'
import { falseDenials } from './falseDenials.ts'
import type { DeliveredEvent } from './readFlowglad.ts'
import type { LedgerRows } from './readLedger.ts'

export interface Evidence {
  calls: Call[]
  ledger: LedgerRows
  flowglad: DeliveredEvent[]
  /**
   * The operations whose undelivered charges a restore from a backup has lost.
   */
  lost: ReadonlySet<string>
  /** The units that each customer has been granted on each meter. */
  granted: number
  /** Process exits that no fault caused. */
  crashes: string[]
}

/** A rule and its violations. */
export interface Check {
  rule: string
  violations: string[]
}

export interface Audit {
  checks: Check[]
  figures: {
    calls: number
    /** The units that the answered calls must have cost. */
    answered: number
    /** The units that Flowglad has recorded. */
    billed: number
    /** The units that calls with an unknown outcome may have cost. */
    inFlight: number
    /** The units of answered calls that a restore may have lost. */
    lost: number
  }
  /** Charges of work that ended after its hold. Only these charges may exceed a grant. */
  late: { customer: string; meter: string; operation: string; attempt: string; amount: number }[]
  /**
   * Streams that were charged before they ended, so their remaining units are free. There are two possible causes:
   * the process was paused and expiry booked the last stored count, or an earlier attempt under the key settled
   * after its hold had expired.
   */
  cutShort: { customer: string; operation: string; answered: number; billed: number }[]
}

/** Compares the responses that callers received with the ledger and with Flowglad's events. All usage must already be delivered. */
export function audit({ calls, ledger, flowglad, lost, granted, crashes }: Evidence): Audit {
  const delivered = groupBy(flowglad, ({ operation }) => operation)
  // A charge at expiry isn't late, because expiry charges only units that were still held or that a stream had
  // counted.
  const atExpiry = new Set(
    ledger.events.flatMap(({ attempt, flagged }) => (flagged === 'expired' ? [attempt] : [])),
  )
  const lateAttempts = new Set(ledger.late.flatMap(({ attempt }) => (atExpiry.has(attempt) ? [] : [attempt])))
  const late = flowglad
    .filter(({ transactionId }) => lateAttempts.has(transactionId))
    .map(({ transactionId, ...event }) => ({ ...event, attempt: transactionId }))
  const figures = { calls: calls.length, answered: 0, billed: unitsOf(flowglad), inFlight: 0, lost: 0 }

  const isOfEarlierAttempt = ({ answers }: Call, attempt: string) =>
    lateAttempts.has(attempt) &&
    !answers.some((answer) => answer.state === 'answered' && answer.attempt === attempt)
  const cutShort: Audit['cutShort'] = []
  const outOfBounds: string[] = []
  const billedTwice: string[] = []
  const replays: string[] = []
  for (const call of calls) {
    const events = delivered.get(call.operation) ?? []
    const billed = unitsOf(events)
    const isCutShort =
      call.kind === 'stream' &&
      billed < call.amount &&
      events.some(
        ({ transactionId }) => atExpiry.has(transactionId) || isOfEarlierAttempt(call, transactionId),
      )
    const { least, most } = boundsOf(call, isCutShort)
    if (isCutShort && isAnswered(call))
      cutShort.push({ customer: call.customer, operation: call.operation, answered: call.amount, billed })
    const isLost = lost.has(call.operation)
    figures.answered += isLost ? 0 : least
    figures.lost += isLost ? least : 0
    figures.inFlight += isLost ? 0 : most - least
    if (billed > most || (billed < least && !isLost))
      outOfBounds.push(`${describe(call)}: ${billed} units billed, expected ${range(least, most)}`)
    if (events.length > 1)
      billedTwice.push(`${describe(call)}: billed as ${events.map((it) => it.transactionId).join(', ')}`)
    const results = new Set(call.answers.flatMap((it) => (it.state === 'answered' ? [it.attempt] : [])))
    if (results.size > 1 && !isLost)
      replays.push(`${describe(call)}: the key has the results of ${[...results].join(', ')}`)
  }

  const known = new Set(calls.map(({ operation }) => operation))
  const counts = groupBy(flowglad, ({ transactionId, meter }) => `${transactionId} ${meter}`)
  const acknowledged = new Map(
    ledger.events
      .filter(({ state }) => state !== 'dropped')
      .map((event) => [`${event.attempt} ${event.meter}`, event]),
  )
  return {
    figures,
    late,
    cutShort,
    checks: [
      { rule: 'answered ≤ billed ≤ answered + in flight, per operation', violations: outOfBounds },
      { rule: 'an operation is billed at most once', violations: billedTwice },
      { rule: 'a key has one result', violations: replays },
      {
        rule: 'no customer exceeds the grant, except by late settles',
        violations: oversold(flowglad, late, granted),
      },
      {
        rule: 'no call is denied while enough units are left',
        violations: falseDenials({ calls, flowglad, granted }),
      },
      {
        rule: 'Flowglad has no duplicate or unknown events',
        violations: [
          ...[...counts].filter(([, events]) => events.length > 1).map(([id]) => `${id} is recorded twice`),
          ...flowglad
            .filter(({ operation }) => !known.has(operation))
            .map(({ transactionId, operation }) => `${transactionId} belongs to no call: ${operation}`),
        ],
      },
      {
        rule: 'the ledger and Flowglad agree',
        violations: [
          ...flowglad
            .filter((it) => acknowledged.get(`${it.transactionId} ${it.meter}`)?.amount !== it.amount)
            .map((it) => `${it.transactionId}: Flowglad has ${it.amount} ${it.meter}, the ledger doesn't`),
          ...[...acknowledged]
            .filter(([id]) => !counts.has(id))
            .map(([id, { amount, state }]) => `${id}: the ledger has ${amount} (${state}), Flowglad doesn't`),
          ...wrongAccounts(ledger, flowglad),
        ],
      },
      { rule: 'balances are the grant minus the billed units', violations: wrongBalances(ledger, granted) },
      {
        rule: 'no units are held',
        violations: [
          ...ledger.holds.map((hold) => `${hold.attempt} of ${hold.customer} (${hold.procedure}) is held`),
          ...ledger.accounts
            .filter(({ held }) => held !== 0)
            .map(({ customer, meter, held }) => `${customer} holds ${held} ${meter}`),
        ],
      },
      {
        rule: 'the outbox is empty',
        violations: ledger.events
          .filter(({ state }) => state !== 'acked' && state !== 'dropped')
          .map(({ attempt, procedure, state }) => `${attempt} (${procedure}) is ${state}`),
      },
      { rule: 'no process crashed', violations: crashes },
    ],
  }
}

const unitsOf = (events: { amount: number }[]) => events.reduce((total, { amount }) => total + amount, 0)

const range = (least: number, most: number) => (least === most ? `${least}` : `${least} to ${most}`)

/** Returns the call and its answers in one line. */
function describe({ operation, customer, kind, amount, key, answers }: Call): string {
  const seen = answers.map(({ node, from, until, state, ...details }) => {
    const detail = Object.values(details).join()
    return `${state}${detail && ` ${detail}`} by node ${node} at ${seconds(from)}–${seconds(until)}`
  })
  return `${operation} (${customer}, ${kind}, ${amount}${key ? `, ${key}` : ''}; ${seen.join('; ')})`
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)}s`

function oversold(flowglad: DeliveredEvent[], late: Audit['late'], granted: number): string[] {
  const accountOf = ({ customer, meter }: { customer: string; meter: string }) => `${customer} ${meter}`
  const lateUnits = groupBy(late, accountOf)
  return [...groupBy(flowglad, accountOf)].flatMap(([account, events]) => {
    const billed = unitsOf(events)
    const allowed = granted + unitsOf(lateUnits.get(account) ?? [])
    return billed > allowed ? [`${account}: ${billed} units billed, ${allowed} allowed`] : []
  })
}

function wrongAccounts({ accounts }: LedgerRows, flowglad: DeliveredEvent[]): string[] {
  const delivered = groupBy(flowglad, ({ customer, meter }) => `${customer} ${meter}`)
  return accounts.flatMap(({ customer, meter, booked }) => {
    const units = unitsOf(delivered.get(`${customer} ${meter}`) ?? [])
    return units === booked
      ? []
      : [`${customer}: the ledger has booked ${booked} ${meter}, Flowglad ${units}`]
  })
}

/**
 * Returns the accounts whose balance counts usage twice or not at all. The next snapshot corrects such a balance,
 * so the answers to calls rarely reveal it. Skips customers who have had no snapshot since a restore, because their
 * balance is unknown until their next call fetches a snapshot.
 */
const wrongBalances = ({ accounts }: LedgerRows, granted: number): string[] =>
  accounts.flatMap(({ customer, meter, booked, held, available, ambiguous, hasSnapshot }) => {
    if (!hasSnapshot) return []
    const expected = granted - booked - held
    // The ledger also subtracts ambiguous units, which Flowglad may or may not have counted.
    return available < expected - ambiguous || available > expected
      ? [
          `${customer}: the ledger's balance is ${available} ${meter}, expected ${range(expected - ambiguous, expected)}`,
        ]
      : []
  })
