import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Turns } from '../src/limits/turns.ts'

const settings = { running: 3, runningPerCustomer: 2, waiting: 8, waitingPerCustomer: 5 }

/** Adds jobs with names such as `ada 1`. Returns the jobs that don't fit. */
function addTo(turns: Turns<string>, customer: string, count: number): (string | null)[] {
  return Array.from({ length: count }, (_, i) => turns.add(customer, `${customer} ${i + 1}`)).filter(Boolean)
}

/** Runs and ends all waiting jobs, one after another. */
function runAll(turns: Turns<string>): string[] {
  const jobs: string[] = []
  for (let next = turns.next(); next; next = turns.next()) {
    jobs.push(next.job)
    turns.end(next.customer)
  }
  return jobs
}

describe('turns', () => {
  test('alternates between customers in the order of arrival', () => {
    const turns = new Turns<string>(settings)
    addTo(turns, 'ada', 4)
    addTo(turns, 'bob', 2)
    addTo(turns, 'cy', 1)
    expect(runAll(turns)).toEqual(['ada 1', 'bob 1', 'cy 1', 'ada 2', 'bob 2', 'ada 3', 'ada 4'])
  })

  test('leaves a slot free for another customer and never runs more jobs than the settings allow', () => {
    const turns = new Turns<string>(settings)
    addTo(turns, 'ada', 4)
    expect([turns.next()?.job, turns.next()?.job, turns.next()]).toEqual(['ada 1', 'ada 2', null])
    addTo(turns, 'bob', 2)
    expect([turns.next()?.job, turns.next()]).toEqual(['bob 1', null])
    turns.end('ada')
    expect([turns.next()?.job, turns.next()]).toEqual(['ada 3', null])
  })

  test("refuses jobs beyond a customer's limit", () => {
    const turns = new Turns<string>(settings)
    expect(addTo(turns, 'ada', 7)).toEqual(['ada 6', 'ada 7'])
  })

  test('gives a place in a full queue to the customer with fewer waiting jobs', () => {
    const turns = new Turns<string>(settings)
    addTo(turns, 'ada', 5)
    addTo(turns, 'bob', 3)
    expect(addTo(turns, 'cy', 2)).toEqual(['ada 5', 'ada 4'])
    // Ada and Bob have the same number of waiting jobs.
    expect(addTo(turns, 'bob', 1)).toEqual(['bob 1'])
    expect(turns.waiting).toBe(8)
  })

  test('skips a removed job', () => {
    const turns = new Turns<string>(settings)
    addTo(turns, 'ada', 3)
    turns.remove('ada', 'ada 2')
    turns.remove('ada', 'unknown')
    turns.remove('bob', 'unknown')
    expect(runAll(turns)).toEqual(['ada 1', 'ada 3'])
    expect(turns.waiting).toBe(0)
  })
})

const customer = fc.constantFrom('ada', 'bob', 'cy', 'dee')
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('add' as const), customer }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('next' as const) }) },
  fc.record({ type: fc.constant('end' as const), nth: fc.nat(5) }),
  fc.record({ type: fc.constant('remove' as const), nth: fc.nat(12) }),
)

test('any sequence of operations respects the limits and shares the turns fairly', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const turns = new Turns<{ customer: string }>(settings)
      const waiting: { customer: string }[] = []
      const running: { customer: string }[] = []
      /** Per customer: the other customers who have had a turn since this customer became ready for one. */
      const passedOver = new Map<string, string[]>()
      const countOf = (list: { customer: string }[], name: string) =>
        list.filter((job) => job.customer === name).length
      const forget = (job: { customer: string }) => waiting.splice(waiting.indexOf(job), 1)

      for (const it of steps) {
        if (it.type === 'add') {
          const job = { customer: it.customer }
          waiting.push(job)
          const refused = turns.add(it.customer, job)
          const isFull =
            waiting.length > settings.waiting || countOf(waiting, it.customer) > settings.waitingPerCustomer
          expect(refused !== null).toBe(isFull)
          if (refused) forget(refused)
        } else if (it.type === 'remove') {
          const job = waiting[it.nth]
          if (job) {
            turns.remove(job.customer, job)
            forget(job)
          }
        } else if (it.type === 'end') {
          const [job] = running.splice(it.nth, 1)
          if (job) turns.end(job.customer)
        } else {
          const canRun = (name: string) =>
            countOf(waiting, name) > 0 && countOf(running, name) < settings.runningPerCustomer
          const ready = ['ada', 'bob', 'cy', 'dee'].filter(canRun)
          const next = turns.next()
          expect(next !== null).toBe(running.length < settings.running && ready.length > 0)
          if (next) {
            // The customer's oldest waiting job runs.
            expect(next.job).toBe(waiting.find(({ customer }) => customer === next.customer))
            forget(next.job)
            running.push(next.job)
            for (const name of ready) {
              const others = passedOver.get(name) ?? []
              if (name === next.customer) passedOver.delete(name)
              else {
                // No other customer gets two turns before this customer gets a turn.
                expect(others).not.toContain(next.customer)
                passedOver.set(name, [...others, next.customer])
              }
            }
          }
        }
        for (const name of passedOver.keys()) if (countOf(waiting, name) === 0) passedOver.delete(name)
        expect([turns.waiting, turns.running]).toEqual([waiting.length, running.length])
        expect(waiting.length).toBeLessThanOrEqual(settings.waiting)
        expect(running.length).toBeLessThanOrEqual(settings.running)
        for (const name of ['ada', 'bob', 'cy', 'dee']) {
          expect(countOf(waiting, name)).toBeLessThanOrEqual(settings.waitingPerCustomer)
          expect(countOf(running, name)).toBeLessThanOrEqual(settings.runningPerCustomer)
        }
      }
    }),
    { numRuns: 500 },
  )
})
