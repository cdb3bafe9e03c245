import { readFile } from 'node:fs/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import Libsql from 'libsql'
import { expect, it } from 'vitest'
import { Database } from '../src/database/Database.ts'
import type { BillingRun } from '../src/database/records/payments.ts'
import { Table } from '../src/database/Table.ts'
import { startFlowgladLocal } from '../src/index.ts'
import { createDirectory } from './process.ts'
import { startStudio } from './studio.ts'

const aRun = (changes: Partial<BillingRun>): BillingRun => ({
  id: 'billing_run_1',
  createdAt: 1,
  updatedAt: 1,
  livemode: false,
  subscriptionId: 'sub_1',
  billingPeriodId: 'billing_period_1',
  invoiceId: 'inv_1',
  reason: 'renewal',
  status: 'scheduled',
  attempts: 0,
  dueAt: null,
  ...changes,
})

const ids = ['a', 'b', 'c', 'd', 'e', 'f']
const subscriptions = ['sub_1', 'sub_2']
const anId = fc.constantFrom(...ids)
const change = fc.oneof(
  fc.record({
    do: fc.constant('put' as const),
    id: anId,
    subscriptionId: fc.constantFrom(...subscriptions),
    dueAt: fc.option(fc.integer({ min: 1, max: 3 })),
  }),
  fc.record({ do: fc.constant('remove' as const), id: anId }),
  fc.record({ do: fc.constant('read' as const), id: anId }),
  fc.record({ do: fc.constant('clear' as const), id: anId }),
)
const transactions = fc.array(fc.record({ changes: fc.array(change), fails: fc.boolean() }), { maxLength: 8 })

/** Compares the result of every query with the same query on a list. */
function expectSame({ billingRuns }: Database, model: ReadonlyMap<string, BillingRun>): void {
  const all = [...model.values()]
  const due = all.filter((run) => run.dueAt !== null)
  const lowest = Math.min(...due.map((run) => run.dueAt ?? 0))
  const [middle] = all.slice(Math.floor(all.length / 2))
  const after = middle && { id: middle.id }
  expect([...billingRuns.all()]).toEqual(all)
  expect(billingRuns.count()).toBe(all.length)
  expect(billingRuns.page({ limit: 2, descending: true })).toEqual(all.toReversed().slice(0, 2))
  expect(billingRuns.page({ limit: 9, after })).toEqual(after ? all.slice(all.indexOf(middle) + 1) : all)
  expect(billingRuns.lowest('dueAt')).toEqual(due.find((run) => run.dueAt === lowest))
  const byTime = due.toSorted((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0))
  expect(billingRuns.upTo('dueAt', 2, 3)).toEqual(byTime.filter((run) => (run.dueAt ?? 0) <= 2).slice(0, 3))
  for (const id of ids) expect(billingRuns.find(id)).toEqual(model.get(id))
  for (const key of subscriptions) {
    const found = all.filter((run) => run.subscriptionId === key)
    const of = { index: 'subscription', key } as const
    expect(billingRuns.first('subscription', key)).toEqual(found[0])
    expect(billingRuns.by('subscription', key)).toEqual(found)
    expect(billingRuns.page({ limit: 9, of })).toEqual(found)
    expect(billingRuns.count(of)).toBe(found.length)
  }
}

it('finds the same records as an in-memory model after any sequence of changes and rollbacks', () => {
  fc.assert(
    fc.property(transactions, (history) => {
      const db = new Database(null)
      let model = new Map<string, BillingRun>()
      // IDs are random, so the ID of a removed record is never reused.
      const removed = new Set<string>()
      for (const { changes, fails } of history) {
        const next = new Map(model)
        const run = () =>
          db.transaction(() => {
            for (const step of changes) {
              const { id } = step
              const before = db.billingRuns.find(id)
              if (step.do === 'put' && !removed.has(id)) {
                const record = aRun({ ...step, id })
                db.billingRuns.put(record)
                next.set(id, record)
              } else if (step.do === 'remove' && before) {
                db.billingRuns.remove(before)
                removed.add(id)
                next.delete(id)
              } else if (step.do === 'clear') {
                db.billingRuns.clear()
                for (const key of next.keys()) removed.add(key)
                next.clear()
              } else db.billingRuns.by('subscription', before?.subscriptionId ?? 'sub_1')
            }
            if (changes.length % 2 === 0) expectCounts(db, next)
            if (fails) throw new Error('fails')
          })
        if (fails) expect(run).toThrow('fails')
        else {
          run()
          model = next
        }
        expectSame(db, model)
      }
      db.close()
    }),
    { numRuns: 60 },
  )
})

/** Queries the table during a transaction. A query first writes the transaction's changes. */
function expectCounts({ billingRuns }: Database, model: ReadonlyMap<string, BillingRun>): void {
  expect(billingRuns.count()).toBe(model.size)
  expect(new Set(billingRuns.page({ limit: 9 }))).toEqual(new Set(model.values()))
}

it('keeps the balances, overage and transaction IDs of a file from an earlier version', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  const older = new Libsql(db)
  older.exec(await readFile(new URL('version0.sql', import.meta.url), 'utf8'))
  older.close()
  for (let start = 1; start <= 2; start++) {
    await using studio = await startStudio({
      db,
      pricing: await pricingOf(db),
      clock: () => Date.UTC(2027, 0, 31),
    })
    expect(await studio.balances('ada')).toEqual({ render: 60 - 74, viewers: -3 })
    const { id } = await studio.plan('ada')
    const event = { subscriptionId: id, transactionId: 'two', amount: 1, usageMeterSlug: 'render' }
    expect(await studio.node.usageEvents.create({ usageEvent: event })).toMatchObject({
      usageEvent: { amount: 24 },
    })
    expect(await studio.node.get('/api/v1/usage-events')).toMatchObject({ total: 2 + start })
    await studio.use('ada', 'viewers', 3, { viewer: 'grace' }).catch(() => {})
    expect(await studio.balances('ada')).toEqual({ render: -14, viewers: -3 })
  }
  await using studio = await startStudio({
    db,
    pricing: await pricingOf(db),
    clock: () => Date.UTC(2027, 0, 31),
  })
  await studio.renew('ada')
  expect((await studio.billing('ada')).invoices).toMatchObject([
    {
      invoice: { status: 'paid', subtotal: 60 },
      invoiceLineItems: [{ price: 0 }, { price: 30, quantity: 2 }],
    },
  ])
  expect(await studio.balances('ada')).toEqual({ render: 60, viewers: -3 })
})

it('starts without reading the stored usage', async () => {
  await using directory = await createDirectory()
  const db = directory.file('flowglad.db')
  const before = await startStudio({ db })
  await before.customer('ada')
  await before.use('ada', 'render', 5)
  await before.close()
  const file = new Libsql(db)
  for (const table of ['usage_events', 'ledger_entries', 'customers'])
    file.exec(`UPDATE ${table} SET record = 'unreadable'`)
  file.close()
  await using after = await startFlowgladLocal({ db })
  expect(
    (await fetch(`${after.url}/api/v1/utils/ping`, { headers: { authorization: after.key } })).status,
  ).toBe(200)
})

it('finds all records even though only a limited number is in memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  const db = new Database(null)
  const add = (from: number, to: number) =>
    db.transaction(() => {
      for (let n = from; n < to; n++) db.billingRuns.put(aRun({ id: `run-${n}`, attempts: n }))
    })
  add(0, 1)
  const first = new WeakRef(db.billingRuns.get('run-0'))
  for (let n = 1; n <= 20_000; n += 1000) {
    add(n, n + 1000)
    // A weak reference keeps its target alive until the current task ends, so start a new task.
    await new Promise(setImmediate)
  }
  collect()
  expect(first.deref()).toBe(undefined)
  expect([db.billingRuns.count(), db.billingRuns.get('run-0').attempts]).toEqual([20_001, 0])
  db.close()
})

it("counts a table's records once and then updates the count with each change", () => {
  const database = new Libsql(':memory:')
  const table = new Table('runs', {}, { onChange: () => {}, onWrite: () => {} })
  table.open(database)
  const put = (id: string) => {
    table.put({ id })
    table.write()
  }
  put('a')
  expect(table.count()).toBe(1)
  // Insert a record without the table, so that only a second count would find the record.
  database.exec(`INSERT INTO runs VALUES ('x', '{"id":"x"}')`)
  put('b')
  put('b')
  put('x')
  table.remove({ id: 'a' })
  expect(table.count()).toBe(1)
  table.rollback()
  expect(table.count()).toBe(3)
  database.close()
})

/** Returns the pricing that a database file contains. */
async function pricingOf(db: string): Promise<string> {
  const file = new Libsql(db)
  const row = file.prepare("SELECT record FROM settings WHERE id = 'pricing'").get()
  file.close()
  return JSON.parse(JSON.parse(Object(row).record).value).setup
}
