import { expect, test } from 'vitest'
import { startApp } from './startApp.ts'

type App = Awaited<ReturnType<typeof startApp>>

/** Starts an app whose holds last at most 700 ms, and a stream that counts units until `finish` is called. */
async function startLongStream() {
  let finish = () => {}
  let counted = 0
  const app = await startApp({
    options: { holdTtlMs: 600, maxHoldMs: 700, countEveryMs: 20 },
    work: {
      async *write(_, count) {
        let isFinished = false
        finish = () => {
          isFinished = true
        }
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
  return { app, reading, finish: () => finish(), counted: () => counted }
}
const tokens = async (app: App) =>
  (await app.client.billing.balances.query()).balances.find(({ meter }) => meter === 'tokens')

test('returns the units of a stream at maxHoldMs, and charges the whole stream once when it ends', async () => {
  const stream = await startLongStream()
  await using app = stream.app
  await expect.poll(() => tokens(app)).toMatchObject({ held: 1_000 })
  await expect.poll(() => tokens(app)).toMatchObject({ held: 0, available: 2_000 })
  const before = stream.counted()
  await expect.poll(stream.counted).toBeGreaterThan(before + 50)
  stream.finish()
  await stream.reading
  const { charges } = await app.ledger.charges({ customer: 'ada', limit: 10, cursor: null })
  expect(charges.map(({ amount }) => amount)).toEqual([stream.counted()])
})
