import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { audit, type Evidence } from '../../chaos/audit/audit.ts'
import { sqliteReader } from '../../chaos/audit/readLedger.ts'
import type { Answer, Call } from '../../chaos/calls/call.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aReserve, fetched, settleOf, units } from '../ledger/builders.ts'
import { testClock } from '../ledger/testClock.ts'

const aCall = ({ operation = 'a', ...given }: Partial<Call> = {}): Call => ({
  operation,
  customer: 'ada',
  kind: 'fixed',
  amount: 3,
  hold: 3,
  workMs: 0,
  key: null,
  startedAt: 0,
  answers: [anAnswer({})],
  ...given,
})
const times = { node: 0, from: 0, until: 1 }
const anAnswer = (given: { attempt?: string }): Answer => ({
  state: 'answered',
  attempt: 'attempt-a',
  ...times,
  ...given,
})
const unknown: Answer = { state: 'unknown', reason: 'socket hang up', ...times }
const denied = (code: string): Answer => ({ state: 'denied', code, ...times })
const anEvent = (given: Partial<Evidence['flowglad'][number]> = {}) => ({
  transactionId: 'attempt-a',
  customer: 'ada',
  operation: 'a',
  meter: 'units',
  amount: 3,
  ...given,
})

/** Returns evidence in which the ledger and Flowglad have the same events. */
function evidence(calls: Call[], flowglad = [anEvent()], given: Partial<Evidence> = {}): Evidence {
  return {
    calls,
    flowglad,
    ledger: {
      events: flowglad.map(({ transactionId: attempt, operation: procedure, ...event }) => ({
        ...event,
        attempt,
        procedure,
        state: 'acked',
        flagged: null,
      })),
      holds: [],
      accounts: [
        {
          customer: 'ada',
          meter: 'units',
          booked: flowglad.reduce((total, { amount }) => total + amount, 0),
          held: 0,
          available: (given.granted ?? 10) - flowglad.reduce((total, { amount }) => total + amount, 0),
          ambiguous: 0,
          hasSnapshot: true,
        },
      ],
      late: [],
    },
    lost: new Set(),
    granted: 10,
    crashes: [],
    ...given,
  }
}

const violatedIn = (given: Evidence) =>
  audit(given)
    .checks.filter(({ violations }) => violations.length > 0)
    .map(({ rule }) => rule)
const bounds = 'answered ≤ billed ≤ answered + in flight, per operation'

test('accepts evidence without contradictions', () => {
  expect(audit(evidence([aCall()]))).toMatchObject({
    figures: { answered: 3, billed: 3, inFlight: 0, lost: 0 },
    late: [],
  })
  expect(violatedIn(evidence([aCall()]))).toEqual([])
})

test.each<[string, Call, number]>([
  ['a successful call that is free', aCall(), 0],
  ['a denied call that is billed', aCall({ answers: [denied('BILLING_UNAVAILABLE')] }), 3],
  ['a failed call that is billed', aCall({ answers: [{ state: 'failed', ...times }] }), 3],
  ['a failing call with a lost response that is billed', aCall({ kind: 'failing', answers: [unknown] }), 3],
  ['a call with a lost response that is billed for too much', aCall({ answers: [unknown] }), 4],
  ['a completed call that is free', aCall({ answers: [denied('ALREADY_COMPLETED')] }), 0],
])('reports %s', (_, call, amount) => {
  expect(violatedIn(evidence([call], amount === 0 ? [] : [anEvent({ amount })]))).toEqual([bounds])
})

test.each([0, 3])('accepts %i billed units for a call whose response was lost', (amount) => {
  const call = aCall({ answers: [unknown] })
  expect(violatedIn(evidence([call], amount === 0 ? [] : [anEvent({ amount })]))).toEqual([])
})

test('lists a stream that outlived its hold, but reports no violation', () => {
  const given = evidence([aCall({ kind: 'stream' })], [anEvent({ amount: 2 })])
  expect(violatedIn(given)).toEqual([bounds])
  const events = given.ledger.events.map((event) => ({ ...event, flagged: 'expired' }))
  const excused = { ...given, ledger: { ...given.ledger, events } }
  expect(violatedIn(excused)).toEqual([])
  expect(audit(excused).cutShort).toEqual([{ customer: 'ada', operation: 'a', answered: 3, billed: 2 }])
  const free = evidence([aCall({ kind: 'stream' })], [])
  expect(violatedIn(free)).toEqual([bounds])
})

test('lists a stream that received the result of a late settle, but reports no violation', () => {
  const call = aCall({ kind: 'stream', answers: [anAnswer({ attempt: 'attempt-b' })] })
  const given = evidence([call], [anEvent({ amount: 2 })])
  expect(violatedIn(given)).toEqual([bounds])
  const late = [{ customer: 'ada', attempt: 'attempt-a' }]
  const excused = { ...given, ledger: { ...given.ledger, late } }
  expect(violatedIn(excused)).toEqual([])
  expect(audit(excused).cutShort).toMatchObject([{ answered: 3, billed: 2 }])
})

test('accepts an undelivered charge that a restore lost', () => {
  const given = evidence([aCall()], [], { lost: new Set(['a']) })
  expect(violatedIn(given)).toEqual([])
  expect(audit(given).figures).toMatchObject({ answered: 0, lost: 3 })
})

test('reports an operation that is billed twice', () => {
  const twice = [anEvent(), anEvent({ transactionId: 'attempt-b' })]
  expect(violatedIn(evidence([aCall()], twice))).toEqual([bounds, 'an operation is billed at most once'])
})

test('reports a key with two results', () => {
  const call = aCall({ answers: [anAnswer({}), anAnswer({ attempt: 'attempt-b' })] })
  expect(violatedIn(evidence([call]))).toEqual(['a key has one result'])
})

test('accepts usage beyond the grant only from late settles', () => {
  const rule = 'no customer exceeds the grant, except by late settles'
  const given = evidence([aCall()], [anEvent()], { granted: 2 })
  expect(violatedIn(given)).toEqual([rule])
  const late = [{ customer: 'ada', attempt: 'attempt-a' }]
  const excused = { ...given, ledger: { ...given.ledger, late } }
  expect(violatedIn(excused)).toEqual([])
  expect(audit(excused).late).toMatchObject([{ operation: 'a', attempt: 'attempt-a', amount: 3 }])
  const events = given.ledger.events.map((event) => ({ ...event, flagged: 'expired' }))
  expect(violatedIn({ ...excused, ledger: { ...excused.ledger, events } })).toEqual([rule])
})

test('reports a denial for lack of units if enough units were left', () => {
  const short = aCall({ operation: 'b', answers: [denied('INSUFFICIENT_CREDITS')] })
  const rule = 'no call is denied while enough units are left'
  expect(violatedIn(evidence([aCall(), short], [anEvent()], { granted: 6 }))).toEqual([rule])
  expect(violatedIn(evidence([aCall(), short], [anEvent()], { granted: 5 }))).toEqual([])
})

test('reports a balance that counts usage twice, unless the usage was ambiguous', () => {
  const given = evidence([aCall()])
  const [account] = given.ledger.accounts
  if (!account) throw new Error('The evidence has no account')
  const withBalance = (available: number, ambiguous: number) =>
    violatedIn({
      ...given,
      ledger: { ...given.ledger, accounts: [{ ...account, available, ambiguous }] },
    })
  const rule = 'balances are the grant minus the billed units'
  expect(withBalance(7, 0)).toEqual([])
  expect(withBalance(4, 0)).toEqual([rule])
  expect(withBalance(4, 3)).toEqual([])
  expect(withBalance(8, 3)).toEqual([rule])
  const restored = { ...account, available: 4, hasSnapshot: false }
  expect(violatedIn({ ...given, ledger: { ...given.ledger, accounts: [restored] } })).toEqual([])
})

test('reads late settles and outdated snapshots from the ledger', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'metered-chaos-audit-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ledger.db')
  const clock = testClock()
  await using ledger = sqliteLedger(file, { clock })
  await fetched(ledger, units(10))
  const reader = sqliteReader(file)
  await reader.watchEndedHolds()
  const [inTime, late] = [aReserve(), aReserve()]
  await ledger.execute(inTime)
  await ledger.execute(settleOf(inTime))
  await ledger.execute(late)
  clock.advance(late.ttlMs + 1)
  await ledger.execute(settleOf(late))
  expect((await reader.read()).late).toEqual([{ customer: late.customer, attempt: late.attempt }])
  const snapshots = async () => (await reader.read()).accounts.map(({ hasSnapshot }) => hasSnapshot)
  expect(await snapshots()).toEqual([true])
  await ledger.markRestored()
  expect(await snapshots()).toEqual([false])
})

test("counts a call's whole hold as used only if the call's response was lost", () => {
  const short = aCall({ operation: 'b', answers: [{ ...denied('INSUFFICIENT_CREDITS'), from: 2, until: 3 }] })
  const rule = 'no call is denied while enough units are left'
  const billedLess = [anEvent({ amount: 1 })]
  const answered = aCall({ amount: 1, hold: 9 })
  expect(violatedIn(evidence([answered, short], billedLess, { granted: 4 }))).toEqual([rule])
  const unanswered = aCall({ amount: 1, hold: 9, answers: [unknown] })
  expect(violatedIn(evidence([unanswered, short], billedLess, { granted: 4 }))).toEqual([])
})

test('reports differences from Flowglad, open holds, undelivered events and crashes', () => {
  const given = evidence([aCall()])
  const { ledger } = given
  const [event] = ledger.events
  if (!event) throw new Error('The evidence has no event')
  const waiting = { ...event, state: 'waiting' }
  const hold = { customer: 'ada', attempt: 'attempt-b', procedure: 'b' }
  expect(violatedIn({ ...given, ledger: { ...ledger, events: [] } })).toEqual([
    'the ledger and Flowglad agree',
  ])
  expect(violatedIn({ ...given, ledger: { ...ledger, events: [waiting] } })).toEqual(['the outbox is empty'])
  expect(violatedIn({ ...given, ledger: { ...ledger, holds: [hold] } })).toEqual(['no units are held'])
  expect(violatedIn({ ...given, crashes: ['node 0 ended with code 1'] })).toEqual(['no process crashed'])
  expect(violatedIn(evidence([aCall()], [anEvent({ operation: 'b' })]))).toContain(
    'Flowglad has no duplicate or unknown events',
  )
})
