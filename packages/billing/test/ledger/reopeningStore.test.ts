import { expect, test } from 'vitest'
import { ReopeningStore } from '../../src/ledger/reopeningStore.ts'
import type { OpenStore, Store } from '../../src/ledger/stores/store.ts'

/** Creates a store that reports failed writes as a failing disk, because the tests can't make a real disk fail. */
function aStore(isStale: boolean) {
  const opened: number[] = []
  const store: Store = {
    address: 'test',
    isTransient: () => true,
    writeProblem: () => ({ message: 'The disk fails.', isStale }),
    async open() {
      opened.push(opened.length + 1)
      // Only the identity of a connection matters in these tests.
      return { number: opened.length } as unknown as OpenStore
    },
    async close() {},
  }
  return { stores: new ReopeningStore(store), opened }
}
const failing = () => Promise.reject(new Error('failed'))

test.each([
  { isStale: true, connections: 2 },
  { isStale: false, connections: 1 },
])(
  'uses $connections connections for two writes if the first write fails (stale: $isStale)',
  async ({ isStale, connections }) => {
    const { stores, opened } = aStore(isStale)
    await expect(stores.write(failing)).rejects.toMatchObject({
      reason: 'cannotWrite',
      message: 'The disk fails.',
    })
    expect(await stores.read(async (it) => it)).toEqual({ number: 1 })
    expect(opened).toEqual([1])
    expect(await stores.write(async (it) => it)).toEqual({ number: connections })
    expect(await stores.read(async (it) => it)).toEqual({ number: connections })
  },
)

test('opens a new connection after a stale connection rejects a read', async () => {
  const { stores } = aStore(true)
  await expect(stores.read(failing)).rejects.toThrow('failed')
  expect(await stores.read(async (it) => it)).toEqual({ number: 2 })
})
