import { readdir } from 'node:fs/promises'
import Libsql from 'libsql'
import { expect, it } from 'vitest'
import { startFlowgladLocal } from '../src/index.ts'
import { createDirectory, startProcess } from './process.ts'
import { studioPricing } from './studioPricing.ts'

const headers = (key: string) => ({ authorization: key })

/** Starts a server with these keys in this order. Each key's pricing model has the key as its name. */
const start = (db: string, keys: string[], extra = {}) =>
  startFlowgladLocal({
    db,
    keys: keys.map((key) => ({ key, pricing: { ...studioPricing, name: key } })),
    clock: () => Date.UTC(2027, 0, 31),
    ...extra,
  })

type Server = Awaited<ReturnType<typeof start>>

const create = async ({ url }: Server, key: string, externalId: string) =>
  fetch(`${url}/api/v1/customers`, {
    method: 'POST',
    headers: { ...headers(key), 'content-type': 'application/json' },
    body: JSON.stringify({
      customer: { externalId, name: externalId, email: `${externalId}@studio.example` },
    }),
  })

/** Returns each key's customers. */
async function customersOf({ url }: Server, keys: string[]) {
  const lists = keys.map(async (key) => {
    const answer = await fetch(`${url}/api/v1/customers`, { headers: headers(key) })
    const { data }: { data: { externalId: string }[] } = await answer.json()
    return [key, data.map(({ externalId }) => externalId)]
  })
  return Object.fromEntries(await Promise.all(lists))
}

/** Removes the recorded owner, as in a file from an earlier version. */
function forgetOwner(db: string): void {
  const file = new Libsql(db)
  file.exec("DELETE FROM settings WHERE id = 'apiKey'")
  file.close()
}

it("keeps each key's records when keys are reordered, or removed and added again", async () => {
  await using directory = await createDirectory()
  const db = directory.file('data.db')
  {
    await using server = await start(db, ['a', 'b'])
    await create(server, 'a', 'ada')
    await create(server, 'b', 'bob')
  }
  for (const keys of [['b', 'a'], ['b'], ['c', 'b'], ['a', 'c', 'b'], ['a']]) {
    await using server = await start(db, keys)
    const expected = { a: ['ada'], b: ['bob'], c: [] }
    expect(await customersOf(server, keys)).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([key]) => keys.includes(key))),
    )
  }
})

it('keeps the file of the only key when other keys are added', async () => {
  await using directory = await createDirectory()
  const db = directory.file('data.db')
  {
    await using server = await start(db, ['a'])
    await create(server, 'a', 'ada')
    server.addKey({ key: 'b', pricing: studioPricing })
    await create(server, 'b', 'bob')
  }
  for (const keys of [['c', 'b', 'a'], ['b', 'c'], ['c'], ['a']]) {
    await using server = await start(db, keys)
    const expected = { a: ['ada'], b: ['bob'], c: [] }
    expect(await customersOf(server, keys)).toEqual(
      Object.fromEntries(Object.entries(expected).filter(([key]) => keys.includes(key))),
    )
  }
  await using server = await start(db, ['b'])
  server.addKey({ key: 'a' })
  expect(await customersOf(server, ['a', 'b'])).toEqual({ a: ['ada'], b: ['bob'] })
  const files = (await readdir(directory.path)).filter((name) => /^data\.db(\.key-\w+)?$/.test(name))
  expect(files.sort()).toEqual(['data.db', 'data.db.key-b', 'data.db.key-c'])
})

it("gives an earlier version's file to the only key that could own it", async () => {
  await using directory = await createDirectory()
  const db = directory.file('data.db')
  {
    await using server = await start(db, ['a'])
    await create(server, 'a', 'ada')
  }
  forgetOwner(db)
  {
    await using server = await start(db, ['a'])
    server.addKey({ key: 'b', pricing: studioPricing })
    await create(server, 'b', 'bob')
  }
  forgetOwner(db)
  await using server = await start(db, ['b', 'a'])
  expect(await customersOf(server, ['a', 'b'])).toEqual({ a: ['ada'], b: ['bob'] })
})

it("rejects an earlier version's file if several keys could own it", async () => {
  await using directory = await createDirectory()
  const db = directory.file('data.db')
  await (await start(db, ['a'])).close()
  forgetOwner(db)
  await expect(start(db, ['b', 'a'])).rejects.toThrow('Start the server once with only that key.')
  await (await start(db, ['a'])).close()
  await using server = await start(db, ['b', 'a'])
  expect(server.key).toBe('b')
})

it('continues the stored clock even if the first key is new', async () => {
  await using directory = await createDirectory()
  const db = directory.file('data.db')
  const startAt = Date.UTC(2027, 1, 1)
  await (await start(db, ['a'], { startAt })).close()
  await using server = await start(db, ['b', 'a'], { startAt: Date.UTC(2030, 0, 1) })
  expect([server.key, server.now()]).toEqual(['b', startAt])
})

it("prints each key's file on the command line", async () => {
  await using directory = await createDirectory()
  const args = ['--db', 'data.db', '--key', 'sk_test_a', '--key', 'sk_test_b']
  await using server = await startProcess(directory.path, { args })
  expect(server.output()).toContain('database data.db.key-sk_test_a\n')
  expect(server.output()).toContain('database data.db.key-sk_test_b\n')
})

it.each(['', 'has space', 'é', 'x'.repeat(129)])('rejects the key "%s" in code', async (key) => {
  const message = `The API key must be 1 to 128 ASCII characters without spaces, not "${key}".`
  await expect(startFlowgladLocal({ key, pricing: studioPricing })).rejects.toThrow(message)
  await expect(startFlowgladLocal({ keys: [{ key, pricing: studioPricing }] })).rejects.toThrow(message)
  await using server = await startFlowgladLocal({ pricing: studioPricing })
  expect(() => server.addKey({ key, pricing: studioPricing })).toThrow(message)
})
