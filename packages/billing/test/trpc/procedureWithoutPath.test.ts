import { initTRPC } from '@trpc/server'
import { expect, test } from 'vitest'
import { aUser, startStack, type User } from '../flowglad/startStack.ts'

/** Starts an app whose procedures are functions, like those that `experimental_nextAppDirCaller` creates. */
async function startActions({ path = '' }: { path?: string } = {}) {
  const stack = await startStack()
  const t = initTRPC.context<{ user: User }>().create(stack.billing.trpc.options())
  const action = t.procedure.experimental_caller(({ args, invoke, _def }) =>
    invoke({
      type: _def.type,
      ctx: { user: aUser() },
      getRawInput: async () => args[0],
      path,
      input: args[0],
      signal: undefined,
      batchIndex: 0,
    }),
  )
  const { metered } = stack.billing.trpc
  let runs = 0
  return {
    ...stack,
    count: action.use(metered('generations')).mutation(() => ++runs),
    countUnder: (key: string) =>
      action.use(metered('generations', { key: () => key })).mutation(() => ++runs),
  }
}

const charges = async ({ ledger }: Awaited<ReturnType<typeof startActions>>) =>
  (await ledger.charges({ customer: 'ada', limit: 10, cursor: null })).charges

test('records a charge for a procedure without a path as "unnamed procedure"', async () => {
  await using app = await startActions()
  expect([await app.count(), await app.count()]).toEqual([1, 2])
  expect(await charges(app)).toMatchObject([
    { procedure: 'unnamed procedure', amount: 1 },
    { procedure: 'unnamed procedure', amount: 1 },
  ])
})

test('rejects a key for a procedure without a path and says what to do', async () => {
  await using app = await startActions()
  await expect(app.countUnder('k')()).rejects.toThrow('set pathExtractor in experimental_caller')
  expect(await charges(app)).toEqual([])
})

test('accepts a key for a server action with a path', async () => {
  await using app = await startActions({ path: 'count' })
  const count = app.countUnder('k')
  expect([await count(), await count()]).toEqual([1, 1])
  expect(await charges(app)).toMatchObject([{ procedure: 'count' }])
})

test('records work outside tRPC with an empty name as "meter"', async () => {
  await using app = await startActions()
  await app.billing.meter({ customer: aUser(), meter: 'generations', name: '' }, () => 'done')
  expect(await charges(app)).toMatchObject([{ procedure: 'meter' }])
})
