import { writeFile } from 'node:fs/promises'
import { test as base } from '@playwright/test'
import type { FlowgladRecords } from '../stack/flowgladRecords.ts'
import type { Model } from '../stack/startModel.ts'
import type { Network } from '../stack/startNetwork.ts'
import { type Stack, type StackOptions, startStack } from '../stack/startStack.ts'
import { aCustomer, type Customer } from './customer.ts'

interface Options {
  /** The stack options for the tests in a file or in a group. */
  stackOptions: StackOptions
}

interface Fixtures {
  /** A running stack. Tests in the same worker share the stack if their options are equal. */
  stack: Stack
  records: FlowgladRecords
  /** The stack's model, which is reset after each test. */
  model: Model
  /** The network between the server and Flowglad, which is restored after each test. */
  network: Network
  /** A new, signed-in customer that only this test uses. */
  customer: Customer
}

interface WorkerFixtures {
  stackWith: (options: StackOptions) => Promise<Stack>
}

/** Provides every test with a running stack and a new customer who calls the stack's API. */
export const test = base.extend<Fixtures & Options, WorkerFixtures>({
  stackOptions: [{}, { option: true }],

  stackWith: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's dependencies from this pattern
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
    { scope: 'worker', timeout: 120_000 },
  ],

  stack: async ({ stackOptions, stackWith }, use, test) => {
    const stack = await stackWith(stackOptions)
    await use(stack)
    if (test.status === test.expectedStatus) return
    for (const [name, log] of Object.entries(stack.logs()))
      await writeFile(test.outputPath(`${name}.log`), log)
  },

  records: async ({ stack }, use) => use(stack.records),

  model: async ({ stack }, use) => {
    if (!stack.model) throw new Error("These tests use the built-in model. Remove `model: 'builtIn'`.")
    await use(stack.model)
    stack.model.reset()
  },

  network: async ({ stack }, use) => {
    await use(stack.network)
    stack.network.restore()
  },

  customer: async ({ request, stack }, use) => use(await aCustomer(request, stack)),
})
