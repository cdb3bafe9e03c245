import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Answer } from '../../src/ledger/answers.ts'
import { Batcher, type BatcherStore } from '../../src/ledger/batcher.ts'
import type { Command } from '../../src/ledger/commands.ts'
import { LedgerUnavailableError } from '../../src/ledger/errors.ts'
import { ledgerDefaults } from '../../src/ledger/ledgerOptions.ts'
import { connect } from '../../src/ledger/stores/sqlite/sqliteDriver.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { aReserve, aSettle, fetched, units } from './builders.ts'

class Transient extends Error {}
const ended = (customer: string): Command => ({ type: 'release', customer, attempt: 'a' })

/** Creates a batcher that runs transactions with `transact` and records its batches. */
function aBatcher(
  transact: (commands: Command[]) => Promise<Answer[]>,
  settings = {},
  store: Pick<BatcherStore, 'groupOf'> = {},
) {
  const batches: Command[][] = []
  const batcher = new Batcher(
    {
      ...store,
      transact: (commands) => {
        batches.push(commands)
        return transact(commands)
      },
      isTransient: (error) => error instanceof Transient,
    },
    { ...ledgerDefaults, ...settings },
  )
  return { batcher, batches, sizes: () => batches.map((batch) => batch.length) }
}

/** Creates a batcher. The nth batch (counted from 0) commits when the test calls `commits[n]`. */
function aWaitingBatcher(settings: Partial<typeof ledgerDefaults>) {
  const commits: (() => void)[] = []
  const commit = async (commands: Command[]) => {
    await new Promise<void>((resolve) => commits.push(resolve))
    return answerAll(commands)
  }
  return { commits, ...aBatcher(commit, settings) }
}

const answerAll = async (commands: Command[]): Promise<Answer[]> => commands.map(() => ({ state: 'ended' }))

describe('group commit', () => {
  test('batches commands that arrive while a batch runs, in their order of arrival', async () => {
    let commit = () => {}
    const { batcher, batches } = aBatcher(async (commands) => {
      if (batches.length === 1) await new Promise<void>((resolve) => (commit = resolve))
      return answerAll(commands)
    })
    const first = batcher.execute(ended('1'))
    await expect.poll(() => batches.length).toBe(1)
    const others = ['2', '3', '4'].map((customer) => batcher.execute(ended(customer)))
    commit()
    await Promise.all([first, ...others])
    expect(batches.map((batch) => batch.map((command) => command.customer))).toEqual([['1'], ['2', '3', '4']])
  })

  test('puts each group’s customers in a separate batch and keeps their commands in order', async () => {
    const groups = { groupOf: (customer: string) => Number(customer[0]) }
    const { batcher, batches } = aBatcher(answerAll, {}, groups)
    const customers = ['1a', '2a', '1b', '2a', '3a', '1a']
    await Promise.all(customers.map((customer) => batcher.execute(ended(customer))))
    expect(batches.map((batch) => batch.map((command) => command.customer))).toEqual([
      ['1a', '1b', '1a'],
      ['2a', '2a'],
      ['3a'],
    ])
  })

  test('runs only other customers’ commands while a customer’s batch is slow', async () => {
    const { batcher, batches, commits } = aWaitingBatcher({ nextBatchAfterMs: 1 })
    const slow = batcher.execute(ended('slow'))
    await expect.poll(() => batches.length).toBe(1)
    const later = batcher.execute(ended('slow'))
    const other = batcher.execute(ended('other'))
    await expect.poll(() => batches.length).toBe(2)
    commits[1]?.()
    await other
    commits[0]?.()
    await slow
    await expect.poll(() => batches.length).toBe(3)
    commits[2]?.()
    await later
    await batcher.close()
    expect(batches.map((batch) => batch.map((command) => command.customer))).toEqual([
      ['slow'],
      ['other'],
      ['slow'],
    ])
  })

  test('runs at most `parallelBatches` batches at the same time', async () => {
    const { batcher, batches, commits } = aWaitingBatcher({
      nextBatchAfterMs: 1,
      batchCommands: 1,
      parallelBatches: 2,
    })
    const answers = ['a', 'b', 'c'].map((it) => batcher.execute(ended(it)))
    await expect.poll(() => batches.length).toBe(2)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(batches).toHaveLength(2)
    commits[1]?.()
    await expect.poll(() => batches.length).toBe(3)
    for (const commit of commits) commit()
    await Promise.all(answers)
  })

  test('keeps running other customers’ batches while a slow batch is still running', async () => {
    let commit = () => {}
    const { batcher, batches } = aBatcher(
      async (commands) => {
        if (commands.some(({ customer }) => customer === 'slow')) {
          await new Promise<void>((resolve) => (commit = resolve))
        }
        return answerAll(commands)
      },
      { nextBatchAfterMs: 1 },
    )
    const slow = batcher.execute(ended('slow'))
    await expect.poll(() => batches.length).toBe(1)
    for (const other of ['a', 'b', 'c']) await batcher.execute(ended(other))
    commit()
    await slow
  })

  test('limits a batch to `batchCommands` and `batchBytes`', async () => {
    const { batcher, sizes } = aBatcher(answerAll, { batchCommands: 3, batchBytes: 10_100 })
    const large = aSettle({ result: 'x'.repeat(9000) })
    await Promise.all(
      [1, 2, 3, 4]
        .map(() => batcher.execute(ended('a')))
        .concat(batcher.execute(large), batcher.execute(large)),
    )
    expect(sizes()).toEqual([3, 2, 1])
  })

  test('retries a batch after transient errors without failing its commands', async () => {
    let failures = 3
    const { batcher, sizes } = aBatcher(async (commands) => {
      if (failures-- > 0) throw new Transient()
      return answerAll(commands)
    })
    await Promise.all([batcher.execute(ended('a')), batcher.execute(ended('b'))])
    expect(sizes()).toEqual([2, 2, 2, 2])
  })

  const full = new LedgerUnavailableError('cannotWrite', { message: 'The disk is full' })

  test('retries a batch while the disk is full without failing its commands', async () => {
    let failures = 3
    const { batcher, sizes } = aBatcher(async (commands) => {
      if (failures-- > 0) throw full
      return answerAll(commands)
    })
    await Promise.all([batcher.execute(ended('a')), batcher.execute(ended('b'))])
    expect(sizes()).toEqual([2, 2, 2, 2])
  })

  test('rejects a command after `cannotWriteAfterMs` and reports the write problem', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    let failTransaction = () => {}
    let tryAgain = (_: string) => {}
    const again = new Promise<string>((resolve) => {
      tryAgain = resolve
    })
    const { batcher, sizes } = aBatcher(
      () =>
        new Promise((_, reject) => {
          if (sizes().length > 1) tryAgain('tried again')
          failTransaction = () => reject(full)
        }),
      { cannotWriteAfterMs: 20 },
    )
    const waiting = batcher.execute(ended('a')).catch((error: unknown) => error)
    await expect.poll(() => sizes()).toEqual([1])
    vi.advanceTimersByTime(40)
    failTransaction()
    expect(await Promise.race([waiting, again])).toBe(full)
  })

  test('fails only the command that caused a non-transient error', async () => {
    const { batcher } = aBatcher(async (commands) => {
      if (commands.some((command) => command.customer === 'bad')) throw new Error('culprit')
      return answerAll(commands)
    })
    const outcomes = await Promise.allSettled(['a', 'bad', 'b'].map((it) => batcher.execute(ended(it))))
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  test('rejects a command immediately when the queue is full', async () => {
    const { batcher } = aBatcher(() => Promise.reject(new Transient()), {
      queueCommands: 2,
      outOfReachAfterMs: 20,
    })
    const waiting = ['a', 'b'].map((it) => batcher.execute(ended(it)))
    await expect(batcher.execute(ended('c'))).rejects.toEqual(new LedgerUnavailableError('queueFull'))
    const outcomes = await Promise.allSettled(waiting)
    expect(outcomes).toMatchObject([
      { reason: { reason: 'storeOutOfReach' } },
      { reason: { reason: 'storeOutOfReach' } },
    ])
  })

  test('rejects only the queued commands that have waited for `outOfReachAfterMs`', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    onTestFinished(() => void vi.useRealTimers())
    let failTransaction = () => {}
    const { batcher, sizes } = aBatcher(
      () => new Promise((_, reject) => (failTransaction = () => reject(new Transient()))),
      { batchCommands: 1, outOfReachAfterMs: 20, parallelBatches: 1 },
    )
    const waiting = ['a', 'b', 'c'].map((it) => batcher.execute(ended(it)))
    await expect.poll(() => sizes()).toEqual([1])
    vi.advanceTimersByTime(40)
    const late = batcher.execute(ended('d'))
    failTransaction()
    expect(await Promise.allSettled(waiting)).toMatchObject(
      waiting.map(() => ({ reason: { reason: 'storeOutOfReach' } })),
    )
    // The late command isn't rejected, because it has waited for 0 ms.
    await expect.poll(() => sizes()).toEqual([1, 1])
    vi.advanceTimersByTime(40)
    failTransaction()
    await expect(late).rejects.toMatchObject({ reason: 'storeOutOfReach' })
    expect(sizes()).toEqual([1, 1])
  })

  test('executes queued commands but rejects new commands when it closes', async () => {
    const { batcher } = aBatcher(answerAll)
    const queued = batcher.execute(ended('a'))
    const closed = batcher.close()
    await expect(batcher.execute(ended('b'))).rejects.toEqual(new LedgerUnavailableError('closing'))
    expect(await queued).toEqual({ state: 'ended' })
    await closed
  })
})

test('retries while the SQLite file is busy without blocking the event loop', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metered-busy-'))
  const file = join(folder, 'ledger.db')
  {
    await using ledger = sqliteLedger(file)
    await fetched(ledger, units(10))
    const operator = connect(file)
    operator.exec('BEGIN IMMEDIATE')
    let answered = false
    const reserve = ledger.execute(aReserve()).then((answer) => {
      answered = true
      return answer
    })
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate)
    expect(answered).toBe(false)
    // Reads succeed even while the file is busy.
    expect((await ledger.balances('ada')).balances).toMatchObject([{ available: 10 }])
    operator.exec('COMMIT')
    operator.close()
    expect(await reserve).toMatchObject({ state: 'held' })
  }
  await rm(folder, { recursive: true })
})

test('keeps the effects of successful commands after the file is closed and reopened', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'metered-reopen-'))
  const file = join(folder, 'ledger.db')
  {
    await using ledger = sqliteLedger(file)
    await fetched(ledger, units(10))
    await ledger.execute(aSettle())
  }
  {
    await using ledger = sqliteLedger(file)
    expect((await ledger.balances('ada')).balances).toMatchObject([{ available: 9, used: 1 }])
  }
  await rm(folder, { recursive: true })
})
