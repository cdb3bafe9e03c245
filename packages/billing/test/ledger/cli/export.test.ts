import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { runCommand } from '../../../src/cli/runCommand.ts'
import type { Ledger } from '../../../src/ledger/ledger.ts'
import { attemptId } from '../../../src/metering/attemptId.ts'
import { aReserve, fetched, settleOf, units } from '../builders.ts'
import { actsOf } from '../contract/acts.ts'
import { aDenial } from '../contract/denials.ts'
import { deliver, park, setBudget, spend } from '../contract/steps.ts'
import { metered, meteredOn, type OpenStore, recordedProgress, storeNames, stores } from './cli.ts'

const rowsOf = (stdout: string): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))

const exported = async ({ address }: OpenStore, ...argv: string[]) => {
  const { code, stdout, stderr } = await metered(address, 'export', ...argv)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/**
 * Writes charges in different states for two customers, and the records of two operators' changes. Returns the charges'
 * attempts.
 */
async function fill(ledger: Ledger) {
  await fetched(ledger, units(100))
  await fetched(ledger, units(100), { customer: 'bob' })
  const delivered = await spend(ledger, 3)
  await deliver(ledger)
  const parked = await spend(ledger, 2, [{ dimension: 'model', value: 'small', atMost: 5 }])
  await park(ledger, parked)
  const reserve = aReserve({ customer: 'bob', key: 'a-secret-key-of-bob' })
  await ledger.execute(reserve)
  await ledger.execute(settleOf(reserve, { result: '"a stored result"', reference: '=1+1,"x"' }))
  const by = { customer: 'ada', id: attemptId(Date.now()), by: 'olga', reason: 'It was slow' }
  await ledger.execute({ type: 'operate', ...by, act: { type: 'adjust', meter: 'generations', amount: 5 } })
  await ledger.markRestored({ id: 'r', by: 'olga', reason: 'The disk failed' })
  return { delivered, parked, bobs: reserve.attempt }
}

describe.each(storeNames)('%s', (name) => {
  test('writes all charges and acts but no keys or results', async () => {
    await using it = await stores[name]()
    const { delivered, parked, bobs } = await fill(it.ledger)
    const { code, stdout, stderr } = await meteredOn(name, it, 'export')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const rows = rowsOf(stdout)
    // The order of the customers depends on the store.
    const charges = (customer: string) => rows.slice(1, 4).filter((row) => row.customer === customer)
    expect(charges('ada')).toMatchObject([
      { type: 'charge', transactionId: delivered, amount: 3, state: 'delivered' },
      { type: 'charge', transactionId: parked, amount: 2, state: 'parked' },
    ])
    expect(charges('bob')).toMatchObject([
      { type: 'charge', transactionId: bobs, amount: 1, subscription: 'sub_1' },
    ])
    expect([rows[0], ...rows.slice(4)]).toMatchObject([
      { type: 'export', ledger: await it.ledger.id(), customer: null, only: null },
      { type: 'act', act: { type: 'adjust' }, reason: 'It was slow' },
      { type: 'act', act: { type: 'restored' }, reason: 'The disk failed' },
      { type: 'end', rows: 5 },
    ])
    const { type, ...act } = rows[4] ?? {}
    expect([{ ...act }]).toEqual(await actsOf(it.ledger))
    expect(stdout).not.toMatch(/secret|stored result/)
    expect(rowsOf(await exported(it, '--only', 'acts'))).toHaveLength(4)
    expect(rowsOf(await exported(it, '--only', 'charges'))).toHaveLength(5)
  })

  test('writes everything about one customer', async () => {
    await using it = await stores[name]()
    const { delivered, parked } = await fill(it.ledger)
    await setBudget(it.ledger, { limit: 6 })
    const reserve = aReserve({ decisive: true })
    await it.ledger.execute(reserve)
    await it.ledger.countDenials([aDenial()])
    expect(rowsOf(await exported(it, '--customer', 'ada'))).toMatchObject([
      { type: 'export', customer: 'ada' },
      { type: 'customer', customer: 'ada', balances: [{ meter: 'generations', used: 5 }] },
      { type: 'budget', customer: 'ada', meter: 'generations', limit: 6 },
      { type: 'alert', customer: 'ada', meter: 'generations', threshold: 80, used: 5, limit: 6 },
      { type: 'hold', customer: 'ada', attempt: reserve.attempt },
      { type: 'usage', customer: 'ada', meter: 'generations', amount: 5 },
      { type: 'usageByValue', customer: 'ada', dimension: 'model', value: 'small', amount: 2 },
      { type: 'denial', customer: 'ada', code: 'INSUFFICIENT_CREDITS' },
      { type: 'charge', transactionId: delivered },
      { type: 'charge', transactionId: parked },
      { type: 'act', customer: 'ada' },
      { type: 'end', rows: 10 },
    ])
    expect(await metered(it.address, 'export', '--customer', 'eve')).toMatchObject({
      code: 1,
      stderr: 'The ledger has no customer eve. Check the ID.\n',
    })
  })

  test('writes the time of a charge’s refund', async () => {
    await using it = await stores[name]()
    const { delivered, parked } = await fill(it.ledger)
    await metered(it.address, 'refund', 'ada', delivered, 'generations', '--reason', 'It was blurred')
    const acts = await actsOf(it.ledger)
    const refundedAt = acts.find(({ act }) => act.type === 'refund')?.at ?? 0
    for (const options of [[], ['--customer', 'ada']]) {
      const charges = rowsOf(await exported(it, ...options)).filter(({ customer }) => customer === 'ada')
      expect(charges.filter(({ type }) => type === 'charge')).toMatchObject([
        { transactionId: delivered, refundedAt },
        { transactionId: parked, refundedAt: null },
      ])
    }
    const csv = await exported(it, '--format', 'csv', '--only', 'charges', '--customer', 'ada')
    expect(csv.split('\n').map((line) => line.split(',').at(-1))).toEqual([
      'refundedAt',
      new Date(refundedAt).toISOString(),
      '',
      '',
    ])
  })

  test('writes CSV that a spreadsheet reads as plain text', async () => {
    await using it = await stores[name]()
    const { bobs } = await fill(it.ledger)
    const charges = await exported(it, '--format', 'csv', '--only', 'charges', '--customer', 'bob')
    const [header, bob, ...more] = charges.split('\n')
    expect(header).toBe(
      'customer,at,procedure,meter,amount,state,transactionId,subscription,reference,priceId,flagged,refundedAt',
    )
    expect(bob?.replace(/\d{4}-.+?Z/, 'T')).toBe(
      `bob,T,studio.generate,generations,1,waiting,${bobs},sub_1,"'=1+1,""x""",,,`,
    )
    expect(more).toEqual([''])
    const acts = await exported(it, '--format', 'csv', '--only', 'acts')
    expect(acts).toMatch(
      /^at,customer,by,reason,act,before,after,id\n.+Z,ada,olga,It was slow,"\{""type"":""adjust""/,
    )
    expect(acts).toMatch(/Z,,olga,The disk failed,"\{""type"":""restored""\}"/)
  })

  test('returns every charge once even if the reader is slow and new charges are booked', async () => {
    await using it = await stores[name]()
    await fetched(it.ledger, units(100_000))
    const before = new Set<string>()
    // Book more than two pages of charges. Several charges at the end of a page have the same time.
    for (let round = 0; round < 12; round += 1) {
      const attempts = await Promise.all(Array.from({ length: 100 }, () => spend(it.ledger, 1)))
      for (const attempt of attempts) before.add(attempt)
    }
    const chunks: string[] = []
    let isWriting = false
    const context = {
      folder: tmpdir(),
      env: { METERED_LEDGER: it.address },
      user: 'olga',
      async write(text: string) {
        if (isWriting) throw new Error('The reader is still busy')
        isWriting = true
        await spend(it.ledger, 1)
        chunks.push(text)
        isWriting = false
      },
    }
    expect(await runCommand(['export', '--only', 'charges'], context)).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    })
    expect(chunks.length).toBeGreaterThan(2)
    const attempts = rowsOf(chunks.join('')).flatMap((row) =>
      row.type === 'charge' ? [row.transactionId] : [],
    )
    expect(new Set(attempts).size).toBe(attempts.length)
    expect(attempts).toEqual(expect.arrayContaining([...before]))
  })
})

test('writes a new file that only its owner can read', async () => {
  await using it = await stores.SQLite()
  await fill(it.ledger)
  const folder = await mkdtemp(join(tmpdir(), 'metered-export-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'charges.jsonl')
  expect(await exported(it, '--out', file)).toBe(`Exported 5 rows to ${file}.\n`)
  expect(rowsOf(readFileSync(file, 'utf8')).at(-1)).toEqual({ type: 'end', rows: 5 })
  expect(statSync(file).mode & 0o077).toBe(0)
  expect(await metered(it.address, 'export', '--out', file)).toEqual({
    code: 1,
    stdout: '',
    stderr: `${file} already exists. Pass another path, because an export never overwrites a file.\n`,
  })
  writeFileSync(join(folder, 'file'), '')
  const missing = join(folder, 'missing', 'charges.jsonl')
  expect(await metered(it.address, 'export', '--out', missing)).toMatchObject({ code: 1 })
  expect(existsSync(missing)).toBe(false)
  expect(readdirSync(folder).sort()).toEqual(['charges.jsonl', 'file'])
})

test('shows its progress only if it writes to a file', async () => {
  await using it = await stores.SQLite()
  await fetched(it.ledger, units(2_000))
  for (let round = 0; round < 10; round += 1)
    await Promise.all(Array.from({ length: 101 }, () => spend(it.ledger, 1)))
  const folder = await mkdtemp(join(tmpdir(), 'metered-export-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { shown, progress } = recordedProgress()
  const context = { folder, env: { METERED_LEDGER: it.address }, user: 'olga', progress }
  expect(await runCommand(['export'], context)).toMatchObject({ code: 0 })
  expect(shown).toEqual([])
  const csv = ['export', '--format', 'csv', '--only', 'charges', '--out', 'charges.csv']
  expect(await runCommand(csv, context)).toMatchObject({
    code: 0,
    stdout: `Exported 1010 rows to ${join(folder, 'charges.csv')}.\n`,
  })
  expect(shown).toEqual(['Exported 1000 rows'])
})

test('fails if the reader closes the pipe', async () => {
  await using it = await stores.SQLite()
  await fill(it.ledger)
  const context = {
    folder: tmpdir(),
    env: { METERED_LEDGER: it.address },
    user: 'olga',
    write: () => Promise.reject(new Error('write EPIPE')),
  }
  expect(await runCommand(['export'], context)).toEqual({ code: 1, stdout: '', stderr: 'write EPIPE\n' })
})

test.each([
  [
    ['--format', 'csv'],
    '--format csv needs --only charges or --only acts, because a CSV file has one table.',
  ],
  [['--format', 'xml'], '--format: '],
  [['--only', 'keys'], '--only: '],
])('rejects the options %j', async (options, problem) => {
  const { code, stderr } = await metered('missing.db', 'export', ...options)
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(problem) })
})
