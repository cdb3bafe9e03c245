import { initTRPC } from '@trpc/server'
import { expect, test } from 'vitest'
import { aUser, startStack, type User } from '../flowglad/startStack.ts'

test("charges once if one of the app's middlewares repeats a call after a failure", async () => {
  await using stack = await startStack()
  const { options, meteredProcedure } = stack.billing.trpc
  const t = initTRPC.context<{ user: User }>().create(options())
  const repeated = t.procedure.use(async ({ next }) => {
    const first = await next()
    return first.ok ? first : next()
  })
  let runs = 0
  const router = t.router({
    generate: meteredProcedure(repeated)('generations').mutation(() => {
      if (++runs === 1) throw new Error('the model failed')
      return 'done'
    }),
  })
  expect(await router.createCaller({ user: aUser() }).generate()).toBe('done')
  expect((await stack.billing.balances(aUser())).balances[0]).toMatchObject({ used: 1, held: 0 })
})
