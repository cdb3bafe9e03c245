import { once } from 'node:events'
import { createRequire } from 'node:module'
import { createTRPCClient, httpLink } from '@trpc/client'
import { initTRPC, TRPCError } from '@trpc/server'
import { createHTTPServer } from '@trpc/server/adapters/standalone'
import * as trpc10 from 'trpc-server-10'
import { expect, test } from 'vitest'
import { assertNodeVersion } from '../../src/config/assertNodeVersion.ts'
import { createBilling, SetupError } from '../../src/index.ts'
import { sqliteLedger } from '../../src/ledger/stores/sqlite/sqliteLedger.ts'
import { assertTrpcVersion } from '../../src/trpc/assertTrpcVersion.ts'
import { aUser, meters, type User } from '../flowglad/meters.ts'

type Trpc = typeof import('@trpc/server')
/** The installed tRPC's CommonJS build, which a CommonJS app loads. This package loads the ES module build. */
const commonJs: Trpc = createRequire(import.meta.url)('@trpc/server')
const otherCopy: Trpc = createRequire(createRequire(import.meta.url).resolve('trpc-newest/package.json'))(
  '@trpc/server',
)

/** Creates billing for an app. Records the logger's warnings. */
function setUp() {
  const warnings: string[] = []
  const billing = createBilling({
    meters,
    ledger: sqliteLedger(':memory:'),
    // Nothing listens on this port, so calls are denied.
    flowglad: { secretKey: 'sk_test', baseUrl: 'http://127.0.0.1:9' },
    options: { decisionMs: 100 },
    customer: (ctx: { user: User }) => ctx.user,
    logger: { info() {}, warn: (_, message) => warnings.push(message), error() {} },
  })
  const routerOf = ({ initTRPC }: Pick<Trpc, 'initTRPC'>) => {
    const t = initTRPC.context<{ user: User }>().create(billing.trpc.options())
    return t.router({
      billing: billing.trpc.router({ protectedProcedure: t.procedure, publicProcedure: t.procedure }),
      ping: billing.trpc
        .meteredProcedure(t.procedure)('api_calls')
        .mutation(() => 'pong'),
    })
  }
  return { billing, warnings, routerOf }
}
type Client = ReturnType<typeof createTRPCClient<ReturnType<ReturnType<typeof setUp>['routerOf']>>>
const aboutRequest = (message: string) => message.includes('billing request')
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => null,
    (error: unknown) => error,
  )

test.each<[name: string, call: (client: Client) => Promise<unknown>]>([
  ['a metered call', (client) => client.ping.mutate()],
  ['a plan change', (client) => client.billing.cancel.mutate()],
])('warns once if the context for %s has no billing request', async (_name, call) => {
  const { billing, warnings, routerOf } = setUp()
  await using _ = billing
  const router = routerOf({ initTRPC })
  const server = createHTTPServer({ router, createContext: () => ({ user: aUser() }) })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const client = createTRPCClient<typeof router>({ links: [httpLink({ url: `http://127.0.0.1:${port}` })] })
  await failureOf(call(client))
  await failureOf(call(client))
  server.close()
  expect(warnings.filter(aboutRequest)).toEqual([
    expect.stringContaining('Add ...billing.trpc.request({ req, info })'),
  ])
})

test('does not warn about a server-side caller without a billing request', async () => {
  const { billing, warnings, routerOf } = setUp()
  await using _ = billing
  await failureOf(routerOf({ initTRPC }).createCaller({ user: aUser() }).ping())
  expect(warnings.filter(aboutRequest)).toEqual([])
})

test('names both copies of tRPC in the error if the app and billing use different copies', async () => {
  const { billing, routerOf } = setUp()
  await using _ = billing
  const caller = routerOf(otherCopy).createCaller({ user: aUser() })
  for (const error of [await failureOf(caller.ping()), await failureOf(caller.billing.balances())]) {
    expect(error).toMatchObject({
      message: expect.stringMatching(
        /^Two copies of @trpc\/server are installed: .*@11\.25.*@11\.19.*Install one version/,
      ),
      cause: expect.any(SetupError),
    })
  }
})

test("throws a CommonJS app's own TRPCError", async () => {
  const { billing, routerOf } = setUp()
  await using _ = billing
  const caller = routerOf(commonJs).createCaller({ user: aUser() })
  for (const error of [await failureOf(caller.ping()), await failureOf(caller.billing.plans())]) {
    expect(error).toBeInstanceOf(commonJs.TRPCError)
    expect(error).not.toBeInstanceOf(TRPCError)
    expect(error).toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      cause: { denial: { code: 'BILLING_UNAVAILABLE' } },
    })
  }
})

test('throws a SetupError for tRPC 10 procedures when the router is built', async () => {
  const { billing, routerOf } = setUp()
  await using _ = billing
  expect(() => routerOf(trpc10 as unknown as Trpc)).toThrow(
    new SetupError('This procedure comes from tRPC 10. Install @trpc/server 11.'),
  )
  const { procedure } = (trpc10 as unknown as Trpc).initTRPC.context<{ user: User }>().create()
  expect(() => billing.trpc.meteredProcedure(procedure)).toThrow(SetupError)
})

test.each(['10.45.2', '11.0.0-rc.824', '12.0.0', '12.0.0-rc.1'])('rejects @trpc/server %s', (version) => {
  expect(() => assertTrpcVersion(version)).toThrow(
    `supports @trpc/server 11, but version ${version} is installed. Install @trpc/server@11.`,
  )
})

test.each(['18.20.8', '20.18.3', '19.9.0'])('rejects Node %s', (version) => {
  expect(() => assertNodeVersion(version)).toThrow(`needs Node 20.19 or later, but this is Node ${version}.`)
})

test('accepts supported versions and runtimes that report no version', () => {
  for (const version of ['11.0.0', '11.25.2', null]) assertTrpcVersion(version)
  for (const version of ['20.19.0', '22.0.0', '26.1.0', undefined]) assertNodeVersion(version)
  assertTrpcVersion()
  assertNodeVersion()
})
