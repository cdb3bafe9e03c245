import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as client from '../../src/client/index.ts'
import * as fastify from '../../src/fastify/index.ts'
import * as fetchAdapter from '../../src/fetch/billingHandler.ts'
import * as root from '../../src/index.ts'
import * as postgres from '../../src/ledger/stores/postgres/index.ts'
import * as sqlite from '../../src/ledger/stores/sqlite/index.ts'
import * as node from '../../src/node/billingHandler.ts'
import { createTestBilling } from '../../src/testing/index.ts'
import { compile, createApp, linkPackages, packageFolder } from '../apps/createApp.ts'

const read = (path: string) => readFile(join(packageFolder, '../..', path), 'utf8')
const texts = { skill: await read('skills/metered/SKILL.md'), llms: await read('llms.txt') }

const entries: Record<string, object> = {
  '': root,
  '/client': client,
  '/fastify': fastify,
  '/fetch': fetchAdapter,
  '/node': node,
  '/postgres': postgres,
  '/sqlite': sqlite,
}
/** Names that the documents mention but no package exports: names from the app and tRPC, and option names. */
const otherNames = [
  'initTRPC',
  'createContext',
  'protectedProcedure',
  'queryClient',
  'publicProcedure',
  'httpBatchLink',
  'retryLink',
  'splitLink',
  'meteredProcedure',
  'trustedOrigins',
  'planBudgets',
  'onAlert',
  'useAlerts',
]

test.each(Object.entries(texts))('%s mentions only names that the packages export', (_, text) => {
  const billing = createTestBilling({
    meters: root.defineMeters({ generations: {} }),
    customer: (ctx: { user: root.Customer }) => ctx.user,
    flowglad: { url: 'http://127.0.0.1:1', key: 'sk_test_local' },
  })
  const exported = new Set([...otherNames, ...Object.values(entries).flatMap((entry) => Object.keys(entry))])
  const code = [...text.matchAll(/`([^`\n]+)`/g)].map(([, inline]) => inline).join('\n')
  for (const [, name = ''] of code.matchAll(/\bbilling\.(?!trpc\b|ts\b|db\b)(\w+)/g))
    expect(billing).toHaveProperty(name)
  for (const [, name = ''] of code.matchAll(/\bbilling\.trpc\.(\w+)/g))
    expect(billing.trpc).toHaveProperty(name)
  const names = [...code.matchAll(/(?<![.\w])[a-z]+[A-Z]\w*/g)].map(([name]) => name)
  expect(names.filter((name) => !exported.has(name))).toEqual([])
  for (const [, entry = ''] of text.matchAll(/@metered\/billing(\/\w+)?(?=[`'])/g))
    expect(Object.keys(entries)).toContain(entry)
})

test('compiles the code in the skill', async () => {
  const [billingFile = '', routerFile = ''] = [...texts.skill.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, code]) => code,
  )
  await using app = await createApp({
    'package.json': '{ "type": "module" }',
    'billing.ts': billingFile,
    'router.ts': routerFile,
    'trpc.ts': `import { initTRPC, TRPCError } from '@trpc/server'
import { billing } from './billing.js'
const t = initTRPC.context<{ user: { id: string; name: string; email: string } | null }>().create(billing.trpc.options())
export const router = t.router
export const protectedProcedure = t.procedure.use(({ ctx, next }) => {
  if (!ctx.user) throw new TRPCError({ code: 'UNAUTHORIZED' })
  return next({ ctx: { user: ctx.user } })
})
export const meteredProcedure = billing.trpc.meteredProcedure(protectedProcedure)
`,
  })
  await linkPackages(app.folder)
  expect(await compile(app.folder, { module: 'nodenext' })).toBe('')
})
