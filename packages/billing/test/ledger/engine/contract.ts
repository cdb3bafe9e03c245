/**
 * `pnpm --filter @metered/billing test:engine` runs the contract of the ledger's stores on the engine at
 * `LEDGER_TEST_URL`. The command creates the schema `metered`, and drops the schema at the end.
 */
import { afterAll, describe } from 'vitest'
import { postgresContract } from '../contract/postgresContract.ts'
import { createEngineLedger } from './engineLedger.ts'
import { engineSettings } from './engineSettings.ts'

const settings = engineSettings(process.env)
let created: AsyncDisposable | undefined

describe(`the engine at ${new URL(settings.address).host}, batchBy: ${settings.batchBy}`, () => {
  // Hooks run in reverse order after the tests, so the contract's connections end before the schema is dropped.
  afterAll(() => created?.[Symbol.asyncDispose]())
  postgresContract(
    async () => {
      created = await createEngineLedger(settings)
      return settings.address
    },
    { batchBy: settings.batchBy },
  )
})
