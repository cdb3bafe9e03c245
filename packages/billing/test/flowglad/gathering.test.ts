import { expect, test } from 'vitest'
import type { Clock } from '../../src/config/clock.ts'
import { Gathering } from '../../src/flowglad/gathering.ts'

/** Starts a wait. `timers` lists the delays of its timers. Only `fire` runs a timer: the latest one. */
async function startWait({ deliverAfterMs = 200, requests = 4, eventsPerRequest = 10, before = 0 } = {}) {
  const timers: number[] = []
  let fire = () => {}
  const clock: Clock = {
    now: () => 0,
    after(ms, run) {
      timers.push(ms)
      fire = run
      return () => {}
    },
  }
  const gathering = new Gathering({ clock, options: { deliverAfterMs } })
  gathering.add(before)
  let hasEnded = false
  void gathering.wait({ idleMs: 2_000, requests, eventsPerRequest }).then(() => {
    hasEnded = true
  })
  const settle = async () => {
    for (let turn = 0; turn < 10; turn++) await Promise.resolve()
  }
  await settle()
  return {
    timers,
    /** Makes a change, lets the wait react, and returns whether the wait has ended. */
    async after(change: (gathering: Gathering) => void = () => {}) {
      change(gathering)
      await settle()
      return hasEnded
    },
    fire: () => fire(),
  }
}

test('waits for new usage and then for more events to send with it', async () => {
  const wait = await startWait()
  expect(await wait.after((it) => it.add(1))).toBe(false)
  expect(wait.timers).toEqual([2_000, 200])
  expect(await wait.after((it) => it.add(20))).toBe(false)
  expect(await wait.after(() => wait.fire())).toBe(true)
})

test("waits longer while the events don't fill one request", async () => {
  const wait = await startWait({ before: 1 })
  expect(await wait.after(() => wait.fire())).toBe(false)
  expect(wait.timers).toEqual([200, 800])
  expect(await wait.after((it) => it.add(8))).toBe(false)
  expect(await wait.after((it) => it.add(1))).toBe(true)
})

test("ends the longer wait even if the events still don't fill one request", async () => {
  const wait = await startWait({ before: 1 })
  await wait.after(() => wait.fire())
  expect(await wait.after(() => wait.fire())).toBe(true)
})

test('ends the wait once the requests are full', async () => {
  const wait = await startWait({ requests: 3, eventsPerRequest: 1, before: 1 })
  expect(await wait.after((it) => it.add(1))).toBe(false)
  expect(await wait.after((it) => it.add(1))).toBe(true)
})

test('ends an idle wait so that delivery finds other nodes’ events', async () => {
  const wait = await startWait()
  expect(await wait.after(() => wait.fire())).toBe(true)
  expect(wait.timers).toEqual([2_000])
})

test('does not wait for more events if deliverAfterMs is 0', async () => {
  const wait = await startWait({ deliverAfterMs: 0, before: 1 })
  expect(await wait.after()).toBe(true)
})

test('ends every wait when delivery stops', async () => {
  const wait = await startWait({ before: 1 })
  expect(await wait.after((it) => it.stop())).toBe(true)
})
