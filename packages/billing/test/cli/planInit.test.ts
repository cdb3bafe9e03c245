import { expect, test } from 'vitest'
import { type InitPlan, planInit } from '../../src/cli/init/planInit.ts'
import type { AppFiles } from '../apps/createApp.ts'
import { expressApp, fastifyApp, standaloneApp } from './apps.ts'
import { t3App } from './t3App.ts'

const apps = { create_t3_app: t3App, Express: expressApp, Fastify: fastifyApp, standalone: standaloneApp }

function planOf(app: AppFiles): InitPlan {
  const plan = planInit(new Map(Object.entries(app)), new Set(Object.keys(app)))
  if (!plan) throw new Error('No tRPC app was found')
  return plan
}

/** Returns the app's files after all of the plan's changes. */
const metered = (app: AppFiles, plan = planOf(app)): AppFiles => ({
  ...app,
  ...Object.fromEntries(plan.newFiles.map(({ path, text }) => [path, text])),
  ...Object.fromEntries(plan.changes.map(({ path, after }) => [path, after])),
})

/** Returns the lines that the plan adds to a file, without indentation. */
function added(app: AppFiles, path: string): string[] {
  const before = new Set(app[path]?.split('\n'))
  const after = metered(app)[path]?.split('\n') ?? []
  return after.filter((line) => !before.has(line)).map((line) => line.trim())
}

test.each(Object.entries(apps))(
  'plans every change to a %s app except in a client outside the app’s files',
  (_, app) => {
    expect(planOf(app).byHand.map(({ title }) => title)).toEqual(
      app === expressApp ? ["keys in the client's links"] : [],
    )
  },
)

test.each(Object.entries(apps))('plans no changes to a %s app that is already metered', (_, app) => {
  const again = planOf(metered(app))
  expect(again.newFiles).toEqual([])
  expect(again.changes).toEqual([])
  expect(again.done).toContain('meteredProcedure')
})

test('adds only the imports and lines that a Fastify app needs for metering', () => {
  expect(added(fastifyApp, 'server/trpc.ts')).toEqual([
    "import { billing } from './billing.ts'",
    'export function createContext({ req, info }: CreateFastifyContextOptions) {',
    'return { user: users.get(String(req.headers.user)) ?? null, ...billing.trpc.request({ req, info }) }',
    'const t = initTRPC.context<typeof createContext>().create(billing.trpc.options())',
    'export const meteredProcedure = billing.trpc.meteredProcedure(protectedProcedure)',
  ])
  expect(added(fastifyApp, 'server/main.ts')).toEqual([
    "import { billingRoutes } from '@metered/billing/fastify'",
    "import { billing } from './billing.ts'",
    'await app.register(billingRoutes, { billing, customer: () => null })',
  ])
  expect(added(fastifyApp, 'server/router.ts')).toEqual([
    "import { billing } from './billing.ts'",
    "import { protectedProcedure } from './trpc.ts'",
    'billing: billing.trpc.router({ protectedProcedure, publicProcedure }),',
  ])
  expect(added(fastifyApp, 'server/client.ts')).toEqual([
    "import { createTRPCClient } from '@trpc/client'",
    "import { billingLinks } from '@metered/billing/client'",
    "links: billingLinks({ url: '/trpc' }),",
  ])
})

test("mounts billing's routes before an Express app's body parsers", () => {
  const lines = metered(expressApp)['index.ts']?.split('\n') ?? []
  const at = lines.indexOf('app.use(billingHandler(billing, { customer: () => null }))')
  expect(lines[at - 1]).toBe('const app = express()')
  expect(lines[at + 1]).toBe('app.use(express.json())')
})

test("keeps initTRPC's options and edits a shared context function only once", () => {
  const lines = added(standaloneApp, 'src/trpc.ts')
  expect(lines).toContain('const t = initTRPC.context<Context>().create(billing.trpc.options({')
  expect(lines.filter((line) => line === '...billing.trpc.request(opts),')).toHaveLength(1)
})

test("adds the billing request and the session's user to create-t3-app's context", () => {
  expect(added(t3App, 'src/app/api/trpc/[trpc]/route.ts')).toContain(
    'createContext: async ({ info }) => ({ ...(await createContext(req)), ...billing.trpc.request({ req, info }) }),',
  )
  expect(metered(t3App)['src/server/api/billing.ts']).toContain('{ session: { user: BillingUser } }')
  expect(metered(t3App)['src/app/api/[...billing]/route.ts']).toContain(
    'export { handler as GET, handler as POST };',
  )
})

test("adds the keys to the headers of create-t3-app's streaming link", () => {
  expect(added(t3App, 'src/trpc/react.tsx')).toEqual([
    'import { idempotencyLink, keyHeaders } from "@metered/billing/client";',
    'idempotencyLink(),',
    'headers: (opts) => {',
    'const headers = new Headers(keyHeaders(opts));',
  ])
})

test("adds imports after a file's directives if the file has no imports", () => {
  const file = `'use client'\n\nexport const options = { links: [httpBatchLink({ url })] }\n`
  const app = { ...fastifyApp, 'server/client.ts': file }
  expect(metered(app)['server/client.ts']).toBe(
    file
      .replace(/(?<=\n)(?=\n)/, "import { billingLinks } from '@metered/billing/client'\n")
      .replace('[httpBatchLink({ url })]', 'billingLinks({ url })'),
  )
})

test('derives import extensions from tsconfig.json if the app has no relative imports', () => {
  const lineWith = (tsconfig: string) =>
    metered({ ...expressApp, 'tsconfig.json': tsconfig })['index.ts']?.match(/import \{ billing \}.*/)?.[0]
  expect(lineWith('{ "module": "NodeNext" }')).toBe("import { billing } from './billing.js'")
  expect(lineWith('{ "moduleResolution": "bundler" }')).toBe("import { billing } from './billing'")
})

test('never plans to replace an existing file', () => {
  const own = { 'server/billing.ts': 'export const invoices = []\n', 'pricing.yaml': 'mine\n' }
  const plan = planOf({ ...fastifyApp, ...own })
  expect(plan.newFiles.map(({ path }) => path)).toEqual(['server/metered.ts'])
  expect(plan.changes.filter(({ path }) => path in own)).toEqual([])
})

test('explains each change that it cannot make and shows the code to add', () => {
  const plan = planOf({ 'trpc.ts': "import { initTRPC } from '@trpc/server'\nconst t = initTRPC.create()\n" })
  expect(plan.byHand).toHaveLength(5)
  for (const { reason, code } of plan.byHand) {
    expect(reason).toMatch(/\.$/)
    expect(code).toMatch(/billing/)
  }
})

test('asks the user to edit a splitLink and a router with a "billing" property', () => {
  const app = {
    ...fastifyApp,
    'server/client.ts':
      'createTRPCClient({ links: [splitLink({ condition, true: wsLink({ client }), false: httpBatchLink({ url }) })] })\n',
    'server/router.ts': fastifyApp['server/router.ts']?.replace('hello:', 'billing:') ?? '',
  }
  expect(planOf(app).byHand.map(({ title }) => title)).toEqual([
    "billing's router",
    "keys in the client's links",
  ])
})

test('finds no app if initTRPC appears only in comments and strings', () => {
  const text = "// initTRPC.create()\nconst help = 'initTRPC.create()' + `initTRPC.create()`\n"
  expect(planInit(new Map([['a.ts', text]]), new Set(['a.ts']))).toBeNull()
})

test.each([
  ['{ user }', '(opts) => ({ user, ...keyHeaders(opts) })'],
  ['() => ({ user })', '(opts) => ({ user, ...keyHeaders(opts) })'],
  [
    'async () => { const headers = new Headers(); return headers }',
    'async (opts) => { const headers = new Headers(keyHeaders(opts)); return headers }',
  ],
])("adds the keys to a streaming link's headers: %s", (headers, result) => {
  expect(client(`[httpBatchStreamLink({ url, headers: ${headers} })]`)).toContain(
    `links: [idempotencyLink(), httpBatchStreamLink({ url, headers: ${result} })]`,
  )
})

test.each(['{ user }', '() => ({ user })', 'myHeaders', '({ opList }) => headersOf(opList)'])(
  "passes httpBatchLink's headers to billingLinks: %s",
  (headers) => {
    expect(client(`[httpBatchLink({ url, headers: ${headers} })]`)).toContain(
      `links: billingLinks({ url, headers: ${headers} }) })`,
    )
  },
)

test('replaces httpBatchLink with billingLinks and passes the links before it to billingLinks', () => {
  const file = `import { createTRPCClient, httpBatchLink, loggerLink } from '@trpc/client'
import { queryClient } from './queryClient'

export const client = createTRPCClient({
  links: [
    loggerLink({
      enabled: () => true,
    }),
    httpBatchLink({
      url,
      transformer,
    }),
  ],
})
`
  expect(
    metered({ ...fastifyApp, 'server/client.ts': file })['server/client.ts'],
  ).toBe(`import { createTRPCClient, loggerLink } from '@trpc/client'
import { queryClient } from './queryClient'
import { billingLinks } from '@metered/billing/client'

export const client = createTRPCClient({
  links: billingLinks({
    url,
    transformer,
    links: [loggerLink({
      enabled: () => true,
    })],
  }),
})
`)
})

test.each([
  ['const queryClient = new QueryClient()\n', 'billingLinks({ url, queryClient })'],
  ['const [queryClient] = useState(create)\n', 'billingLinks({ url, queryClient })'],
  ['function other() { const queryClient = 1 }\n', 'billingLinks({ url })'],
  ['', 'billingLinks({ url })'],
])('passes a query client to billingLinks only if it is in scope: %s', (before, links) => {
  expect(client('[httpBatchLink({ url })]', before)).toContain(`links: ${links}`)
})

test.each(['httpBatchStreamLink', 'httpLink'])(
  'asks the user to change the headers of %s if the headers read the operation',
  (name) => {
    const headers = '({ op }) => headersOf(op)'
    const app = {
      ...fastifyApp,
      'server/client.ts': `createTRPCClient({ links: [${name}({ url, headers: ${headers} })] })\n`,
    }
    expect(planOf(app).byHand).toEqual([
      {
        title: "keys in the client's links",
        state: 'byHand',
        reason: expect.stringContaining('has its own headers'),
        code: expect.stringContaining('...keyHeaders(opts)'),
      },
    ])
  },
)

test('gives an app without sign-in a protectedProcedure that rejects all calls in production', () => {
  const { 'server/trpc.ts': trpc = '' } = fastifyApp
  const open = trpc.replace(/export const protectedProcedure[\s\S]*/, '').replace(', TRPCError', '')
  const app = { ...fastifyApp, 'server/trpc.ts': open }
  const plan = planOf(app)
  expect(plan.byHand).toEqual([])
  expect(plan.next).toContainEqual(expect.stringMatching(/^Replace the new protectedProcedure/))
  const after = metered(app)
  expect(after['server/trpc.ts']).toMatch(
    /NODE_ENV === 'production'\) throw new TRPCError[\s\S]*meteredProcedure\(protectedProcedure\)\n$/,
  )
  expect(planOf(after).changes).toEqual([])
})

test("asks the user to add the metered procedure if it can't recognize the app's sign-in", () => {
  const { 'server/trpc.ts': trpc = '' } = fastifyApp
  const app = { ...fastifyApp, 'server/trpc.ts': trpc.replaceAll('protectedProcedure', 'memberProcedure') }
  expect(planOf(app).byHand.map(({ title }) => title)).toEqual(['meteredProcedure', "billing's router"])
})

test.each([
  ['better-sqlite3', true],
  ['@libsql/client', true],
  ['libsql', false],
  ['pg', false],
])('warns about two SQLite libraries only if the app uses one other than libsql: %s', (dependency, warns) => {
  const app = { ...fastifyApp, 'package.json': `{ "dependencies": { "${dependency}": "1" } }` }
  expect(planOf(app).next.some((text) => text.includes('two SQLite libraries'))).toBe(warns)
  expect(metered(app)['server/billing.ts']?.includes('two SQLite libraries')).toBe(warns)
})

test.each([
  [
    '20.19.0',
    '{}',
    ['Run npm install @metered/billing libsql.', 'Run npm install --save-dev flowglad-local.'],
  ],
  ['22.13.0', '{ "@metered/billing": "1", "flowglad-local": "1" }', []],
])('names the packages to install on Node %s', (nodeVersion, manifest, steps) => {
  const sources = new Map(Object.entries({ ...fastifyApp, 'package.json': manifest }))
  const { next = [] } = planInit(sources, new Set(), nodeVersion) ?? {}
  expect(next.filter((text) => text.startsWith('Run npm'))).toEqual(steps)
})

test("suggests metering one of the app's mutations", () => {
  expect(planOf(fastifyApp).next).toContainEqual(
    expect.stringContaining(
      "replace echo: publicProcedure with echo: meteredProcedure('generations') in server/router.ts",
    ),
  )
})

/** Applies the plan to an app whose client has these links, and returns the client file. */
const client = (links: string, before = '') =>
  metered({ ...fastifyApp, 'server/client.ts': `${before}createTRPCClient({ links: ${links} })\n` })[
    'server/client.ts'
  ]
