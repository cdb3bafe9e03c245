import { TRPCError } from '@trpc/server'
import { expect, test } from 'vitest'
import { InsufficientCreditsError } from '../../src/index.ts'
import { createErrorOptions } from '../../src/trpc/errorOptions.ts'
import { Transformer } from '../../src/trpc/transformer.ts'

const { options } = createErrorOptions<'generations'>(new Transformer())

/** Returns the arguments that tRPC passes to an error formatter. */
const failure = (cause?: Error) => ({
  error: new TRPCError({ code: 'BAD_REQUEST', cause }),
  shape: { code: -32600 as const, message: 'no', data: { code: 'BAD_REQUEST' as const, httpStatus: 400 } },
  type: 'mutation' as const,
  path: 'generate',
  input: undefined,
  ctx: undefined,
})
const denied = failure(new InsufficientCreditsError('generations', 0, 1))

test("adds the denial to tRPC's default error data", () => {
  const { errorFormatter } = options()
  expect(errorFormatter(denied)).toEqual({
    ...denied.shape,
    data: { ...denied.shape.data, billing: expect.objectContaining({ code: 'INSUFFICIENT_CREDITS' }) },
  })
  expect(errorFormatter(failure()).data.billing).toBeNull()
})

test("returns 402 if a resolver throws billing.meter's denial", () => {
  // tRPC wraps each error that isn't a TRPCError in a TRPCError with this code.
  const error = new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: denied.error.cause })
  expect(options().errorFormatter({ ...denied, error }).data).toMatchObject({
    code: 'PAYMENT_REQUIRED',
    httpStatus: 402,
    billing: { code: 'INSUFFICIENT_CREDITS' },
  })
})

test("adds the denial that caused an app's own error, but keeps the error's code", () => {
  const error = new TRPCError({ code: 'BAD_REQUEST', cause: new Error('page', { cause: denied.error }) })
  expect(options().errorFormatter({ ...denied, error }).data).toEqual({
    ...denied.shape.data,
    billing: expect.objectContaining({ code: 'INSUFFICIENT_CREDITS' }),
  })
})

test("adds the denial to the result of the app's own formatter and keeps the other options", () => {
  const sse = { ping: { enabled: true } }
  const { errorFormatter, ...others } = options({
    sse,
    isDev: false,
    errorFormatter: ({ shape }) => ({ ...shape, message: 'hidden', data: { ...shape.data, mine: 1 } }),
  })
  const shape = errorFormatter(denied)
  expect(shape).toMatchObject({ message: 'hidden', data: { mine: 1, httpStatus: 400 } })
  expect(shape.data.billing).toMatchObject({ code: 'INSUFFICIENT_CREDITS' })
  expect(others).toEqual({ sse, isDev: false })
})
