import { randomUUID } from 'node:crypto'
import { type APIRequestContext, expect } from '@playwright/test'
import type { Stack } from '../stack/startStack.ts'

export interface Credentials {
  email: string
  password: string
}

interface CallOptions {
  /** The idempotency key. */
  key?: string
  /** The server to call. The default is the stack's first server. */
  url?: string | undefined
}

/** A customer who calls the API directly, like a second device. */
export type Customer = Awaited<ReturnType<typeof signUp>>

/** Signs up a new customer over HTTP. `request` stores the session cookie. */
export async function signUp(
  request: APIRequestContext,
  stack: Stack,
  email: string = `${randomUUID()}@example.com`,
) {
  const credentials = { email, password: randomUUID() }
  const account = { name: 'Ada', ...credentials }
  const { user } = await post(request, `${stack.url}/api/auth/sign-up/email`, account)
  const id: string = user.id
  const call = (path: string, input: unknown, options: CallOptions = {}) =>
    callProcedure(request, options.url ?? stack.url, path, input, options.key)

  return {
    /** The user's ID, which is Flowglad's `externalId`. */
    id,
    ...credentials,
    /** Calls a tRPC procedure over plain HTTP. */
    call,

    /** Calls one procedure several times in one HTTP batch. */
    async batch(path: string, inputs: unknown[]) {
      const paths = inputs.map(() => path).join(',')
      const response = await request.post(`${stack.url}/trpc/${paths}?batch=1`, {
        data: Object.fromEntries(inputs.entries()),
      })
      return { status: response.status(), results: await response.json() }
    },

    /** Makes the server fetch the customer's snapshot and returns the balances. */
    async refresh() {
      const { data } = await call('billing.refresh', {})
      return data
    },

    /** Spends generations as if from the customer's second device. */
    async makePictures(amount: number) {
      for (let left = amount; left > 0; left -= 4) {
        const input = { prompt: 'a field of barley', count: Math.min(4, left) }
        const { status, error } = await call('studio.generate', input)
        if (status !== 200) throw new Error(`studio.generate returned ${status}: ${JSON.stringify(error)}`)
      }
    },

    /** Records any number of API calls with one request, as a browser could. */
    async recordApiCalls(amount: number) {
      await post(request, `${stack.url}/api/flowglad/usage-events/create`, {
        usageMeterSlug: 'api_calls',
        amount,
      })
    },

    /**
     * Buys a plan or a pack without opening the checkout page and makes the server fetch the new balances.
     */
    async buy(priceSlug: string, card?: string) {
      const { data, error } = await call('billing.checkout', { priceSlug })
      if (!data) throw new Error(`billing.checkout returned ${JSON.stringify(error)}`)
      await stack.records.payCheckout(data.url, card)
      await call('billing.refresh', {})
    },
  }
}

/** Signs up a new customer and waits until the ledger has the customer's balances. */
export async function aCustomer(request: APIRequestContext, stack: Stack): Promise<Customer> {
  const customer = await signUp(request, stack)
  await expect.poll(async () => (await customer.refresh())?.balances).not.toHaveLength(0)
  return customer
}

/** Signs in an existing customer over HTTP. `request` stores the session cookie. */
export async function signIn(request: APIRequestContext, stack: Stack, { email, password }: Credentials) {
  await post(request, `${stack.url}/api/auth/sign-in/email`, { email, password })
}

/** Calls a tRPC procedure over plain HTTP, with the session cookie in `request` if there is one. */
export async function callProcedure(
  request: APIRequestContext,
  url: string,
  path: string,
  input: unknown,
  key?: string,
) {
  const response = await request.post(`${url}/trpc/${path}`, {
    data: input,
    headers: { 'content-type': 'application/json', ...(key && { 'idempotency-key': key }) },
  })
  const body = await response.json()
  return { status: response.status(), data: body.result?.data, error: body.error }
}

async function post(request: APIRequestContext, url: string, data: object) {
  const response = await request.post(url, { data, headers: { origin: new URL(url).origin } })
  if (!response.ok()) throw new Error(`${url} returned ${response.status()}: ${await response.text()}`)
  return response.json()
}
