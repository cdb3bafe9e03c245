import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import {
  type APIRequestContext,
  type BrowserContext,
  test as base,
  expect,
  type Page,
} from '@playwright/test'
import type { Model } from '../stack/model.ts'
import { type Stack, type StackOptions, startStack } from '../stack/stack.ts'

export { expect }

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

/** `signUp`, and waits until the ledger knows the customer: what comes next is about something else than a first sight. */
export async function aCustomer(request: APIRequestContext, url: string): Promise<Customer> {
  const customer = await signUp(request, url)
  await expect
    .poll(async () => (await call(request, url, 'billing.refresh', {})).data?.balances)
    .toHaveLength(3)
  return customer
}

/** Signs a known customer in over HTTP; the session's cookie stays in `request`. */
export async function signIn(request: APIRequestContext, url: string, { email, password }: Customer) {
  const response = await request.post(`${url}/api/auth/sign-in/email`, {
    data: { email, password },
    headers: { origin: url },
  })
  if (!response.ok()) throw new Error(`sign-in answered ${response.status()}: ${await response.text()}`)
}

interface Options {
  /** True for tests that move Flowglad's clock or break its network: nobody shares their stack. */
  ownStack: boolean
  /** Default: pictures are made at once, by the model that does what it is told. */
  stackOptions: StackOptions
  /** What the browser may complain of in this test, beside refused calls. */
  expectedComplaints: RegExp[]
}

interface Fixtures {
  stack: Stack
  /** The model of a stack started with `controlledModel`. */
  model: Model
  /** A customer of this test alone, signed in in `page`'s browser. */
  customer: Customer
  /** Opens another browser (cookies of its own), watched as closely as the first. */
  openBrowser: () => Promise<Page>
  complaints: string[]
}

interface WorkerFixtures {
  /** A running stack with these options, for tests that leave each other alone on it. */
  sharedStack: (options: StackOptions) => Promise<Stack>
}

export const test = base.extend<Fixtures & Options, WorkerFixtures>({
  ownStack: [false, { option: true }],
  stackOptions: [{ controlledModel: true }, { option: true }],
  expectedComplaints: [[], { option: true }],

  sharedStack: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
    async ({}, use) => {
      const started = new Map<string, Promise<Stack>>()
      await use((options) => {
        const name = JSON.stringify(options)
        const stack = started.get(name) ?? startStack(options)
        started.set(name, stack)
        return stack
      })
      for (const stack of started.values()) await (await stack)[Symbol.asyncDispose]()
    },
    { scope: 'worker' },
  ],

  stack: async ({ ownStack, stackOptions, sharedStack }, use, test) => {
    await using own = ownStack ? await startStack(stackOptions) : undefined
    const stack = own ?? (await sharedStack(stackOptions))
    await use(stack)
    if (test.status === test.expectedStatus) return
    await writeFile(test.outputPath('server.log'), stack.server.output())
    await writeFile(test.outputPath('flowglad-local.log'), stack.flowglad.output())
  },

  model: async ({ stack }, use) => {
    if (!stack.model) throw new Error('this stack has no model of ours: test.use({ stackOptions: … })')
    await use(stack.model)
    stack.model.reset()
  },

  baseURL: async ({ stack }, use) => use(stack.url),

  customer: async ({ page, stack }, use) => use(await aCustomer(page.request, stack.url)),

  openBrowser: async ({ browser, complaints, expectedComplaints }, use) => {
    const contexts: BrowserContext[] = []
    await use(async () => {
      const context = await browser.newContext()
      contexts.push(context)
      watch(context, complaints, expectedComplaints)
      return context.newPage()
    })
    for (const context of contexts) await context.close()
  },

  // Every browser test fails on an error in the console or an uncaught exception.
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern
  complaints: async ({}, use) => {
    const complaints: string[] = []
    await use(complaints)
    if (complaints.length) throw new Error(`the browser complained:\n${complaints.join('\n')}`)
  },
  context: async ({ context, complaints, expectedComplaints }, use) => {
    watch(context, complaints, expectedComplaints)
    await use(context)
  },
})

/** A refused call is a 4xx on purpose and Chromium logs each; anything else is a defect. */
function watch(context: BrowserContext, complaints: string[], expected: RegExp[]) {
  const allowed = [
    /Failed to load resource: the server responded with a status of (207|40\d|422|429|503)/,
    /net::ERR_(INTERNET_DISCONNECTED|CONNECTION|INCOMPLETE|ABORTED|NETWORK)/,
    ...expected,
  ]
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    if (allowed.some((it) => it.test(message.text()))) return
    complaints.push(`${message.type()}: ${message.text()} (${message.page()?.url()})`)
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

/** How many answers there were of each HTTP status. */
export function statuses(answers: { status: number }[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1
  return counts
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

/** Makes pictures as the customer, without a browser: another of their devices. */
export async function spendGenerations(request: APIRequestContext, url: string, amount: number) {
  for (let left = amount; left > 0; left -= 4) {
    const input = { prompt: 'a field of barley', count: Math.min(4, left) }
    const { status, error } = await call(request, url, 'studio.generate', input)
    if (status !== 200) throw new Error(`studio.generate answered ${status}: ${JSON.stringify(error)}`)
  }
}

/** Records look-ups as a browser of the customer may by itself, any number at once. */
export async function spendApiCalls(request: APIRequestContext, url: string, amount: number) {
  const response = await request.post(`${url}/api/flowglad/usage-events/create`, {
    data: { usageMeterSlug: 'api_calls', amount },
  })
  if (!response.ok())
    throw new Error(`recording usage answered ${response.status()}: ${await response.text()}`)
}

/** Buys a plan or a pack without a browser, and has the server look at it. */
export async function buy(request: APIRequestContext, stack: Stack, priceSlug: string) {
  const { data, error } = await call(request, stack.url, 'billing.checkout', { priceSlug })
  if (!data) throw new Error(`billing.checkout answered ${JSON.stringify(error)}`)
  await stack.books.complete(new URL(data.url).pathname.split('/').at(-1) ?? '')
  await call(request, stack.url, 'billing.refresh', {})
}
