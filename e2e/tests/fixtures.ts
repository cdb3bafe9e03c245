import { randomUUID } from 'node:crypto'
import { type APIRequestContext, test as base, type Page } from '@playwright/test'
import { type Stack, startStack } from '../stack/stack.ts'

export { expect } from '@playwright/test'

export interface Customer {
  /** The signed-in user's id: Flowglad's `externalId`. */
  id: string
  email: string
  password: string
}

/** Signs a fresh customer up over HTTP; the session's cookie stays in `request`. */
export async function signUp(request: APIRequestContext, url: string): Promise<Customer> {
  const email = `${randomUUID()}@example.com`
  const password = randomUUID()
  const response = await request.post(`${url}/api/auth/sign-up/email`, {
    data: { name: 'Ada', email, password },
    headers: { origin: url },
  })
  if (!response.ok()) throw new Error(`sign-up answered ${response.status()}: ${await response.text()}`)
  return { id: (await response.json()).user.id, email, password }
}

export interface Fixtures {
  /** A customer of this test alone, signed in in `page`'s browser context. */
  customer: Customer
}

interface Options {
  /** True for tests that move Flowglad's clock or break its network: nobody shares their stack. */
  ownStack: boolean
  stackEnv: Record<string, string>
}

interface WorkerFixtures {
  sharedStack: Stack
}

export const test = base.extend<Fixtures & Options & { stack: Stack; problems: string[] }, WorkerFixtures>({
  ownStack: [false, { option: true }],
  stackEnv: [{}, { option: true }],

  sharedStack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      await using stack = await startStack()
      await use(stack)
    },
    { scope: 'worker' },
  ],

  stack: async ({ ownStack, stackEnv, sharedStack }, use) => {
    if (!ownStack) return use(sharedStack)
    await using stack = await startStack({ env: stackEnv })
    await use(stack)
  },

  baseURL: async ({ stack }, use) => use(stack.url),

  customer: async ({ page, stack }, use) => use(await signUp(page.request, stack.url)),

  // Every browser test fails on an error in the console or an uncaught exception.
  problems: [
    async ({ page }, use) => {
      const problems: string[] = []
      watch(page, problems)
      await use(problems)
      if (problems.length) throw new Error(`the browser complained:\n${problems.join('\n')}`)
    },
    { auto: true },
  ],
})

/** A refused call is a 4xx on purpose and Chromium logs each; anything else is a defect. */
function watch(page: Page, problems: string[]) {
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => {
    const refused = /Failed to load resource: the server responded with a status of (207|40\d|422|429|503)/
    const offline = /net::ERR_(INTERNET_DISCONNECTED|CONNECTION|INCOMPLETE|ABORTED|NETWORK)/
    if (!['error', 'warning'].includes(message.type())) return
    if (refused.test(message.text()) || offline.test(message.text())) return
    problems.push(`${message.type()}: ${message.text()}`)
  })
}

/** Calls a tRPC procedure over plain HTTP as the signed-in customer. */
export async function call(
  request: APIRequestContext,
  url: string,
  path: string,
  input: unknown,
  headers: Record<string, string> = {},
) {
  const response = await request.post(`${url}/trpc/${path}`, {
    data: input,
    headers: { 'content-type': 'application/json', ...headers },
  })
  const body = await response.json()
  return {
    status: response.status(),
    data: body.result?.data,
    error: body.error,
    headers: response.headers(),
  }
}

/** Calls one procedure several times in one HTTP batch. */
export async function batch(
  request: APIRequestContext,
  url: string,
  path: string,
  inputs: unknown[],
  headers: Record<string, string> = {},
) {
  const paths = inputs.map(() => path).join(',')
  const response = await request.post(`${url}/trpc/${paths}?batch=1`, {
    data: Object.fromEntries(inputs.entries()),
    headers: { 'content-type': 'application/json', ...headers },
  })
  return { status: response.status(), answers: await response.json() }
}
