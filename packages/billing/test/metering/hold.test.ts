import { expect, test } from 'vitest'
import { silent } from '../../src/config/logger.ts'
import { defaultOptions } from '../../src/config/options.ts'
import { defineMeters } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { Hold } from '../../src/metering/hold.ts'
import { WorkInFlight } from '../../src/metering/workInFlight.ts'
import { testClock } from '../../src/testing/index.ts'

const meters = defineMeters({ tokens: {} })
/** The test clock also runs in real time, so this duration is much longer than any test. */
const expiresInMs = 1_000_000

/** Creates a hold of 10 tokens. The hold's ledger only records each command and reports success. */
function aHold() {
  const clock = testClock()
  const inFlight = new WorkInFlight()
  const commands: string[] = []
  const ledger = sqliteLedger(':memory:', { clock })
  const recording = {
    ...ledger,
    execute(command: { type: string }) {
      commands.push(command.type)
      const answer = { renew: { state: 'renewed', expiresInMs }, settle: { state: 'settled' } }
      return Promise.resolve(Reflect.get(answer, command.type) ?? { state: 'ended' })
    },
  } as typeof ledger
  const hold = new Hold(
    {
      ledger: recording,
      clock,
      meters,
      options: defaultOptions,
      logger: silent,
      inFlight,
      restored: { isReady: true, recognizesKeys: false, ready: async () => {} },
    },
    {
      customer: 'ada',
      attempt: 'a',
      subscription: 's',
      procedure: 'write',
      key: null,
      fingerprint: null,
      operation: undefined,
      legs: [{ meter: 'tokens', amount: 10 }],
      expiresInMs,
    },
  )
  return { hold, clock, inFlight, commands, ledger }
}

const settlement = {
  amounts: [{ meter: 'tokens', amount: 3, flagged: null }],
  result: null,
  reference: null,
}

test('renews a hold whenever half of its remaining time has passed, until renewal is stopped', async () => {
  const { hold, clock, commands } = aHold()
  hold.startRenewing()
  await clock.advance(expiresInMs / 2 - 100_000)
  expect(commands).toEqual([])
  await clock.advance(100_000)
  await clock.advance(expiresInMs / 2)
  expect(commands).toEqual(['renew', 'renew'])
  hold.stopRenewing()
  await clock.advance(10 * expiresInMs)
  expect(commands).toEqual(['renew', 'renew'])
})

test.each([
  ['settled', (hold: Hold) => hold.settle(settlement), 'settle'],
  ['released', (hold: Hold) => hold.release(), 'release'],
] as const)('never renews a hold after it is %s', async (_, end, command) => {
  const { hold, clock, commands } = aHold()
  hold.startRenewing()
  await end(hold)
  hold.startRenewing()
  await clock.advance(10 * expiresInMs)
  expect(commands).toEqual([command])
})

test('does not release a hold after it is settled', async () => {
  const { hold, commands } = aHold()
  await hold.settle(settlement)
  await hold.release()
  await hold.release()
  expect(commands).toEqual(['settle'])
})

test('delays shutdown until the hold is settled or released', async () => {
  const { hold, clock, inFlight } = aHold()
  let closed = false
  const closing = inFlight.close({ graceMs: 60_000, clock, logger: silent }).then(() => {
    closed = true
  })
  await clock.advance(1_000)
  expect(closed).toBe(false)
  await hold.release()
  await clock.advance(1_000)
  await closing
  expect(inFlight.graceEnded.aborted).toBe(true)
})

test('renews a hold immediately if its stream is first read shortly before the hold expires', async () => {
  const { hold, clock, commands } = aHold()
  hold.startRenewing()
  hold.stopRenewing()
  await clock.advance(0.9 * expiresInMs)
  expect(commands).toEqual([])
  hold.startRenewing()
  await clock.advance(1)
  expect(commands).toEqual(['renew'])
})

test('does not delay shutdown for an expired hold whose stream was never read', async () => {
  const { hold, clock, inFlight, commands } = aHold()
  hold.startRenewing()
  hold.stopRenewing()
  await clock.advance(expiresInMs)
  await inFlight.close({ graceMs: 100 * expiresInMs, clock, logger: silent })
  expect(commands).toEqual([])
})

test('doesn’t release the hold of unfinished work at the end of the grace period', async () => {
  const { hold, clock, inFlight, commands } = aHold()
  hold.startRenewing()
  await inFlight.close({ graceMs: 0, clock, logger: silent })
  await clock.advance(10 * expiresInMs)
  expect(commands).toEqual([])
})

test('waits at shutdown for a charge that is still not durable after the grace period', async () => {
  const { clock, inFlight } = aHold()
  let finish = () => {}
  void inFlight.track(
    new Promise<void>((resolve) => {
      finish = resolve
    }),
  )
  let closed = false
  const closing = inFlight.close({ graceMs: 10, clock, logger: silent }).then(() => {
    closed = true
  })
  await clock.advance(1_000)
  await expect.poll(() => inFlight.graceEnded.aborted).toBe(true)
  expect(closed).toBe(false)
  finish()
  await closing
})
