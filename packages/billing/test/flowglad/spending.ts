import { aUser, type Stack, type User } from './startStack.ts'

/** Spends units of one meter through `billing.meter`. */
export const spend = (
  stack: Stack,
  user: User,
  amount = 1,
  meter: 'generations' | 'tokens' = 'generations',
) => stack.billing.meter({ customer: user, meter, amount }, () => 'done')

/** Spends `generations` units and returns the charge's transaction ID. */
export const chargeOf = async (stack: Stack, user: User, amount: number) => {
  let attempt = ''
  await stack.billing.meter({ customer: user, meter: 'generations', amount }, (run) => {
    attempt = run.attempt
  })
  return attempt
}

/** Spends two of Ada's units. Flowglad rejects requests with this charge while `isPoisoned` returns true. */
export async function poison(stack: Stack, isPoisoned: () => boolean) {
  const charge = await chargeOf(stack, aUser(), 2)
  stack.proxy.breakWith(({ path, body }) =>
    isPoisoned() && usageEvents.test(path) && body.includes(charge)
      ? { state: 'json', status: 500, body: rejection }
      : undefined,
  )
  return { charge }
}

export const usageEvents = /usage-events/
export const bulk = /usage-events\/bulk/
export const bodies = (stack: Stack, path: RegExp) =>
  stack.proxy.seen.filter((passing) => path.test(passing.path)).map(({ body }) => body)

/** Flowglad's response to an event that it rejects. */
export const rejection = {
  error: 'Subscription not found: sub_gone',
  code: 'INTERNAL_SERVER_ERROR',
  request_id: '0a1b2c3d',
}
