import { initTRPC } from '@trpc/server'
import { startFlowgladLocal } from 'flowglad-local'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { createTestBilling } from '../../src/testing/index.ts'
import { aUser, meters, type User } from '../flowglad/meters.ts'
import { pricing } from '../flowglad/pricing.ts'

/** Starts an app with metered queries. Records the logger's warnings. */
async function startQueries() {
  const flowglad = await startFlowgladLocal({ pricing })
  const warnings: { procedure?: string; message: string }[] = []
  const billing = createTestBilling({
    meters,
    flowglad,
    customer: (ctx: { user: User }) => ctx.user,
    logger: {
      info() {},
      warn: (detail, message) => warnings.push({ ...detail, message }),
      error() {},
    },
  })
  const t = initTRPC.context<{ user: User }>().create()
  const { metered } = billing.trpc
  const meteredProcedure = billing.trpc.meteredProcedure(t.procedure)
  const router = t.router({
    lookup: meteredProcedure('api_calls').query(() => 'a word'),
    find: meteredProcedure('api_calls').query(() => 'a picture'),
    change: meteredProcedure('api_calls').mutation(() => 'changed'),
    free: meteredProcedure('api_calls', 0).query(() => 'free'),
    derived: t.procedure
      .input(z.string())
      .use(metered('api_calls', { key: ({ input }) => input }))
      .query(({ input }) => input),
    watch: meteredProcedure('api_calls').subscription(async function* () {
      yield 'news'
    }),
  })
  return {
    warnings,
    caller: t.createCallerFactory(router)({ user: aUser() }),
    used: async () => {
      const { balances } = await billing.balances(aUser())
      return balances.find(({ meter }) => meter === 'api_calls')?.used
    },
    async [Symbol.asyncDispose]() {
      await billing.close()
      await flowglad.close()
    },
  }
}

test('warns once about each metered query and says what to do', async () => {
  await using app = await startQueries()
  await app.caller.lookup()
  await app.caller.lookup()
  await app.caller.find()
  expect(app.warnings).toEqual([
    {
      procedure: 'lookup',
      message: expect.stringMatching(/^lookup is a metered query.* Make it a mutation/),
    },
    { procedure: 'find', message: expect.stringMatching(/^find is a metered query/) },
  ])
  expect(await app.used()).toBe(3)
})

test('does not warn about mutations, subscriptions, free queries or queries with a derived key', async () => {
  await using app = await startQueries()
  await app.caller.change()
  await app.caller.free()
  for await (const _ of await app.caller.watch());
  for (let call = 0; call < 2; call++) expect(await app.caller.derived('same')).toBe('same')
  expect(app.warnings).toEqual([])
  expect(await app.used()).toBe(3)
})
