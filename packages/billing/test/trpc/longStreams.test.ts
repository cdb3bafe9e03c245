import { expect, test } from 'vitest'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import type { StackSetup } from '../flowglad/startStack.ts'
import { startApp } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>

/**
 * Starts a stream in an app whose holds last at most 700 ms. After `beforeCounting`, the stream counts units until
 * `finish` is called.
 */
async function startLongStream({
  beforeCounting,
  ...setup
}: StackSetup & { beforeCounting?: Promise<void> } = {}) {
  let finish = () => {}
  let counted = 0
  const app = await startApp({
    ...setup,
    options: { holdTtlMs: 600, maxHoldMs: 700, countEveryMs: 20 },
    work: {
      async *write(_, count) {
        let isFinished = false
        finish = () => {
          isFinished = true
        }
        yield 'title'
        await beforeCounting
        while (!isFinished) {
          count(1)
          counted++
          yield 'word'
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
      },
    },
  })
  const reading = (async () => {
    for await (const _ of await app.streaming.write.mutate({ tokens: 1_000 }));
  })()
  const charged = async () =>
    (await app.ledger.charges({ customer: 'ada', limit: 10, cursor: null })).charges.map(
      ({ amount }) => amount,
    )
  return { app, reading, finish: () => finish(), counted: () => counted, charged }
}
const tokens = async (app: App) =>
  (await app.client.billing.balances.query()).balances.find(({ meter }) => meter === 'tokens')

test("returns a stream's units at maxHoldMs but later charges the whole stream", async () => {
  const stream = await startLongStream()
  await using app = stream.app
  await expect.poll(() => tokens(app)).toMatchObject({ held: 1_000 })
  await expect.poll(() => tokens(app)).toMatchObject({ held: 0, available: 2_000 })
  const before = stream.counted()
  await expect.poll(stream.counted).toBeGreaterThan(before + 50)
  stream.finish()
  await stream.reading
  expect(await stream.charged()).toEqual([stream.counted()])
})

test.each(['release', 'settle'] as const)(
  'charges a whole stream if its first count comes after maxHoldMs and onExpiry is %s',
  async (onExpiry) => {
    let startCounting = () => {}
    const beforeCounting = new Promise<void>((resolve) => {
      startCounting = resolve
    })
    const stream = await startLongStream({ policies: { tokens: { onExpiry } }, beforeCounting })
    await using app = stream.app
    await expect.poll(() => tokens(app)).toMatchObject({ held: 1_000 })
    await expect.poll(() => tokens(app)).toMatchObject({ held: 0, available: 2_000 })
    startCounting()
    await expect.poll(stream.counted).toBeGreaterThan(20)
    stream.finish()
    await stream.reading
    expect(await stream.charged()).toEqual([stream.counted()])
  },
)

test('ends a stream that was charged at expiry while its node could not reach the ledger', async () => {
  const ledger = sqliteLedger(':memory:')
  let isReachable = true
  const stream = await startLongStream({
    ledger: {
      ...ledger,
      async execute(command) {
        if (!isReachable) throw new LedgerUnavailableError('storeOutOfReach')
        return ledger.execute(command)
      },
    },
  })
  await using app = stream.app
  const reading = stream.reading.catch((error: unknown) => error)
  await expect.poll(() => tokens(app)).toMatchObject({ held: 1_000 })
  await expect.poll(stream.counted).toBeGreaterThan(20)
  isReachable = false
  // Another node expires the hold.
  const expire = () => ledger.execute({ type: 'expire', customer: 'ada' })
  await expect.poll(() => expire().then(stream.charged)).toHaveLength(1)
  isReachable = true
  expect(await reading).toMatchObject({
    message: "The output's reservation has expired, so the output ends early. Please try again.",
    data: { code: 'SERVICE_UNAVAILABLE' },
  })
  expect(await stream.charged()).toHaveLength(1)
})
