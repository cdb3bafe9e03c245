import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../../src/cli/runCommand.ts'
import type { AppFiles } from '../apps/createApp.ts'
import { compile, createApp, linkPackages, packageFolder, run } from '../apps/createApp.ts'
import { expressApp, fastifyApp, standaloneApp } from './apps.ts'
import { t3App } from './t3App.ts'

const main = join(packageFolder, 'src/cli/main.ts')
const init = (folder: string, ...args: string[]) => runCommand(args, { folder, env: {}, user: 'operator' })

/** Declares the modules that the apps import but this repository doesn't install. */
const otherPackages = `declare module 'ws' { export const WebSocketServer: new (options: object) => any }
declare module 'express' { const express: { (): any; json(): any }; export default express }
declare module 'superjson' { const superjson: { serialize(value: unknown): any; deserialize(value: any): any }; export default superjson }
declare module 'next/server' { export type NextRequest = Request & { nextUrl: URL } }
declare module 'react' { export function useState<T>(create: () => T): [T] }
declare module '@tanstack/react-query' { export class QueryClient { setQueryData(key: unknown, data: unknown): void } export function QueryClientProvider(props: object): null }
declare module '@trpc/react-query' {
  import type { CreateTRPCClientOptions } from '@trpc/client'
  import type { AnyTRPCRouter } from '@trpc/server'
  export function createTRPCReact<Router extends AnyTRPCRouter>(): {
    createClient(options: CreateTRPCClientOptions<Router>): object
    Provider(props: object): null
  }
}
declare namespace React { type ReactNode = unknown }
declare namespace JSX { interface IntrinsicElements {} }
`

/** The app from `t3App`, with stubs for the modules that it imports. */
const t3: AppFiles = {
  ...t3App,
  'src/trpc/query-client.ts':
    'import { QueryClient } from "@tanstack/react-query";\nexport const createQueryClient = () => new QueryClient();\n',
  'src/env.ts': 'export const env: { NODE_ENV: string } = { NODE_ENV: "test" }\n',
  'src/server/db.ts': 'export const db = {}\n',
  'src/server/auth.ts':
    'export const auth = async (): Promise<{ user: { id: string; name?: string | null; email?: string | null } } | null> => null\n',
  'src/server/api/routers/post.ts':
    'import { createTRPCRouter } from "~/server/api/trpc";\nexport const postRouter = createTRPCRouter({});\n',
}

/** The `t3` app without sign-in. The app's context contains only the request's headers. */
const t3WithoutSignIn: AppFiles = Object.fromEntries(
  Object.entries(t3).map(([path, text]) => [
    path,
    text
      .replace(/export const protectedProcedure[\s\S]*/, '')
      .replace(/import \{ (auth|db) \} .*\n/g, '')
      .replace(/ {2}const session.*\n\n/, '')
      .replace(/ {4}(db|session),\n/g, '')
      .replace(', TRPCError', '')
      .replaceAll('"~/', '"~open/'),
  ]),
)

test('writes metered apps that compile', async () => {
  const apps: Record<string, AppFiles> = {
    fastify: fastifyApp,
    standalone: standaloneApp,
    express: expressApp,
    t3,
    t3WithoutSignIn,
  }
  const files = Object.entries(apps).flatMap(([name, app]) =>
    Object.entries(app).map(([path, text]) => [`${name}/${path}`, text]),
  )
  await using all = await createApp({
    ...Object.fromEntries(files),
    'other.d.ts': otherPackages,
  })
  await linkPackages(all.folder)
  for (const name of Object.keys(apps))
    expect(await init(join(all.folder, name), 'init', '--write')).toMatchObject({ code: 0, stderr: '' })
  const options = {
    module: 'esnext',
    moduleResolution: 'bundler',
    jsx: 'preserve',
    paths: { '~/*': ['./t3/src/*'], '~open/*': ['./t3WithoutSignIn/src/*'] },
  }
  expect(await compile(all.folder, options)).toBe('')
})

test('adds only new files without --write, and shows the other changes as a git diff', async () => {
  await using app = await createApp(fastifyApp)
  const { code, stdout } = await init(app.folder, 'init')
  expect(code).toBe(0)
  for (const [path, text] of Object.entries(fastifyApp)) expect(await app.read(path)).toBe(text)
  expect(await app.read('server/billing.ts')).toContain('createBilling')
  expect(await app.read('pricing.yaml')).toContain('generations')

  const diff = stdout.slice(stdout.indexOf('--- '), stdout.indexOf('\nNext\n'))
  await using patched = await createApp({ ...fastifyApp, 'changes.diff': diff })
  expect(await run(patched.folder, 'git', ['apply', 'changes.diff'])).toMatchObject({ code: 0, stderr: '' })
  await init(app.folder, 'init', '--write')
  for (const path of Object.keys(fastifyApp)) expect(await app.read(path)).toBe(await patched.read(path))
})

test('changes nothing on the second run', async () => {
  await using app = await createApp(fastifyApp)
  await init(app.folder, 'init', '--write')
  const texts = await Promise.all(Object.keys(fastifyApp).map(app.read))
  const { code, stdout } = await init(app.folder, 'init', '--write')
  expect(code).toBe(0)
  expect(stdout).toMatch(/Already done\n {2}server\/billing.ts\n {2}pricing.yaml\n/)
  expect(stdout).toContain('The app is set up.')
  expect(await Promise.all(Object.keys(fastifyApp).map(app.read))).toEqual(texts)
})

test.each([
  [['--help'], 0, /^Usage: metered <command>/, /^$/],
  [[], 0, /^Usage: metered <command>/, /^$/],
  [['init', '--help'], 0, /^Usage: metered init \[options\]/, /^$/],
  [['start'], 2, /^$/, /^Unknown command: start\. metered --help lists the commands\.\n$/],
  [['init', '--force'], 2, /^$/, /^metered init: Unknown option '--force'\. See metered init --help\.\n$/],
  [['init', 'here'], 2, /^$/, /^metered init: Unexpected argument: here\. See metered init --help\.\n$/],
  [['init', '--write'], 1, /^$/, /^No tRPC app was found in .+ Nothing was changed\. Run the command in/],
])('writes nothing to a folder without tRPC if the arguments are %j', async (args, code, stdout, stderr) => {
  await using app = await createApp({ 'index.ts': 'export {}\n' })
  expect(await init(app.folder, ...args)).toEqual({
    code,
    stdout: expect.stringMatching(stdout),
    stderr: expect.stringMatching(stderr),
  })
  expect(await readdir(app.folder)).toEqual(['index.ts'])
})

test('main.ts prints the output of runCommand and exits with its code', async () => {
  await using app = await createApp({ 'index.ts': 'export {}\n' })
  const metered = (...args: string[]) =>
    run(app.folder, process.execPath, ['--import', import.meta.resolve('tsx'), main, ...args])
  expect(await metered('--help')).toEqual(await init(app.folder, '--help'))
  expect(await metered('start')).toEqual(await init(app.folder, 'start'))
})
